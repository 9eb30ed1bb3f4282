"""Vibe tags: one form, no genres, no insults, related to the texts; and keyphrases."""

from __future__ import annotations

import pytest

from tests.enrichment.scripted import TITLE, WordEncoder
from trending.enrichment.evidence import gather
from trending.enrichment.prompts import load_prompt
from trending.enrichment.schema import EnrichmentInput
from trending.enrichment.support import Ground
from trending.enrichment.tags import believed_tags, keyphrases, merged, names_genre, normal_form
from trending.settings import EnrichmentSettings

SETTINGS = EnrichmentSettings()
WORDING = load_prompt("reviews").wording


def ground() -> Ground:
    return Ground(gather(TITLE, SETTINGS), WordEncoder())


@pytest.mark.parametrize(
    ("tag", "form"),
    [
        ("  Slow-Burn! ", "slow-burn"),
        ("#cozy_mystery", "cozy mystery"),
        ("Feel   good", "feel good"),
        ("", ""),
        ("a tag of four words", ""),
        ("12345", ""),
        ("<b>bold</b>", ""),
        ("великолепно", ""),
        ("great movie", ""),
        ("drama", ""),
        ("Dramas", ""),
        ("Science Fiction", ""),
        ("horror film", ""),
        ("stupid idiot", ""),
        ("f*ck", ""),
        ("x" * 40, ""),
    ],
)
def test_normal_form(tag: str, form: str) -> None:
    assert normal_form(tag) == form


def test_genres_are_known_in_any_number() -> None:
    assert all(map(names_genre, ("thriller", "thrillers", "western", "documentaries", "sci-fi", "romance")))
    assert not any(map(names_genre, ("tense", "family secrets", "western frontier")))


def test_tags_that_differ_in_number_or_hyphen_are_one() -> None:
    assert merged(
        ["slow burn", "slow-burn", "slow burns", "family secrets", "family secret", "burn slow"]
    ) == [
        "slow burn",
        "family secrets",
    ]


def test_related_tags_are_believed() -> None:
    tags, faults = believed_tags(
        ("Tense mood", "gloomy", "lonely coast"), ground(), WORDING, SETTINGS, attempt=1
    )
    assert tags == ("tense mood", "gloomy", "lonely coast")
    assert faults == []


def test_unrelated_tags_are_not() -> None:
    tags, faults = believed_tags(("gloomy", "robot uprising"), ground(), WORDING, SETTINGS, attempt=1)
    assert tags == ("gloomy",)
    assert [fault.kind for fault in faults] == ["unsupported"]


@pytest.mark.parametrize(
    "tags",
    [
        ("You help people", "choose what to", "watch You read", "what viewers wrote"),
        ("opinion", "faithfully", "strangers"),
        ("drama", "thriller", "comedy"),
        (),
    ],
)
def test_leaks_echoes_genres_and_nothing_are_not_believed(tags: tuple[str, ...]) -> None:
    believed, faults = believed_tags(tags, ground(), WORDING, SETTINGS, attempt=1)
    assert believed == ()
    assert faults


def test_no_more_tags_than_asked_for() -> None:
    few = EnrichmentSettings(max_tags=2)
    tags, _ = believed_tags(("tense", "gloomy", "lonely coast"), ground(), WORDING, few, attempt=1)
    assert tags == ("tense", "gloomy")


def test_keyphrases_come_from_the_texts_and_are_in_their_form() -> None:
    tags = keyphrases(ground(), SETTINGS)
    texts = " ".join([*TITLE.reviews, TITLE.plot]).lower()
    assert 1 <= len(tags) <= SETTINGS.max_tags
    assert all(tag in texts and normal_form(tag) == tag for tag in tags)
    assert len(merged(tags)) == len(tags)


def test_names_are_no_keyphrases() -> None:
    title = EnrichmentInput("T", "Everybody hates Marlowe, and only Marlowe knows the lonely truth about it.")
    tags = keyphrases(Ground(gather(title, SETTINGS), WordEncoder()), SETTINGS)
    assert tags
    assert not any("marlowe" in tag for tag in tags)


def test_no_text_gives_no_keyphrases() -> None:
    assert keyphrases(Ground(gather(EnrichmentInput("T", ""), SETTINGS), WordEncoder()), SETTINGS) == ()
