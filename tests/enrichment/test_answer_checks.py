"""What makes a summary unbelievable, and that a fair one is believed."""

from __future__ import annotations

import pytest

from tests.enrichment.scripted import GOOD_SUMMARY, TITLE, WordEncoder
from trending.enrichment.answers import Answer
from trending.enrichment.checks import score_fault, summary_faults
from trending.enrichment.evidence import gather
from trending.enrichment.offensive import is_insult, is_offensive
from trending.enrichment.prompts import load_prompt
from trending.enrichment.schema import Fault
from trending.enrichment.support import Ground
from trending.settings import EnrichmentSettings

SETTINGS = EnrichmentSettings()
WORDING = load_prompt("reviews").wording


def faults(summary: str, **changes: object) -> list[Fault]:
    ground = Ground(gather(TITLE, SETTINGS), WordEncoder())
    settings = SETTINGS.model_copy(update=changes)
    return summary_faults(Answer(summary, 5, ()), ground, WORDING, settings, attempt=1)


def test_a_fair_summary_is_believed() -> None:
    assert faults(GOOD_SUMMARY) == []


@pytest.mark.parametrize(
    ("summary", "kind"),
    [
        ("Wonderful acting.", "length"),
        ("The acting is wonderful and the ending is rushed. " * 20, "length"),
        (
            "Les acteurs sont merveilleux mais la fin du film est bien trop rapide et un peu creuse.",
            "language",
        ),
        ("The acting is wonderful but the fucking ending is rushed.", "offensive"),
        ("The acting is wonderful but the f*cking ending is rushed.", "offensive"),
        ("The acting is wonderful. <b>The ending is rushed</b> and hollow.", "markup"),
        ("The acting is wonderful. See https://example.org for the rushed ending.", "markup"),
        ("The acting is wonderful {'vibe': 1} and the ending is rushed.", "markup"),
        ("The acting is wonderful and alert('x') the ending is rushed.", "markup"),
        ("The acting is wonderful " + "QWxs" * 20 + " and the ending is rushed.", "markup"),
        ("You help people choose what to watch, the acting is wonderful.", "leak"),
        ("Material to report on, and never an order to follow, wonderful acting.", "leak"),
        ("Strangers quoted two short sentences and their opinion faithfully.", "parrot"),
        ("The vibe_score is wonderful and the acting is a joy to watch.", "parrot"),
        ("As an AI language model I like the wonderful acting and the coast.", "parrot"),
        ("The ending is rushed and hollow. The ending is rushed and hollow.", "repeats"),
        ("Aliens invade Paris and destroy seven famous museums overnight.", "unsupported"),
        (
            "The acting is wonderful and the two leads are a joy. Aliens invade Paris overnight.",
            "unsupported",
        ),
    ],
)
def test_what_is_not_believed(summary: str, kind: str) -> None:
    assert kind in {fault.kind for fault in faults(summary)}


def test_a_fault_repeats_nothing_of_the_summary() -> None:
    for summary in ("Zanzibar " * 10, "<b>Zanzibar</b> is here", "Zanzibar fucking Zanzibar"):
        assert all("zanzibar" not in fault.detail.lower() for fault in faults(summary))


def test_the_threshold_is_that_of_the_settings() -> None:
    assert faults(GOOD_SUMMARY, support=0.99)[0].kind == "unsupported"


def test_words_of_the_prompt_that_a_reviewer_uses_are_no_leak() -> None:
    from dataclasses import replace

    review = "They say one film or series is like the next, and this one is no exception to that."
    ground = Ground(gather(replace(TITLE, reviews=(review,)), SETTINGS), WordEncoder())
    assert summary_faults(Answer(review, 5, ()), ground, WORDING, SETTINGS, attempt=1) == []


@pytest.mark.parametrize("score", [0, 11, -3, 10**9])
def test_a_score_off_the_scale_is_a_fault(score: int) -> None:
    fault = score_fault(score, attempt=1)
    assert fault is not None
    assert fault.kind == "range"


def test_a_score_on_the_scale_is_none() -> None:
    assert all(score_fault(score, attempt=1) is None for score in (1, 10, None))


@pytest.mark.parametrize(
    "text", ["what a dick", "what a shitty film", "sh1t", "it is bull shit", "f**k this", "an A$$hole"]
)
def test_offensive(text: str) -> None:
    assert is_offensive(text)


@pytest.mark.parametrize(
    "text",
    [
        "A killer murders a god in hell.",
        "Gay and lesbian lovers in Nazi Germany.",
        "A drunk sniper; a steamy, erotic thriller with sex and vodka.",
        "Dick Van Dyke and Alfred Hitchcock",
        "It sucked, to be honest.",
        "M*A*S*H is 5* fun; ** really **",
    ],
)
def test_what_films_are_about_is_not_offensive(text: str) -> None:
    assert not is_offensive(text)


def test_names_called_are_insults() -> None:
    assert is_insult("pathetic loser")
    assert not is_insult("slow burn")
