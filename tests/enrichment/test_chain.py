"""Summary, score and tags: which rung each stands on when the language model is good, bad, busy or gone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.enrichment.scripted import (
    GOOD_SUMMARY,
    REVIEWS,
    TITLE,
    ScriptedEngine,
    answer,
    enriched,
    kinds,
)
from trending.catalog.sentences import split_sentences
from trending.enrichment.prompts import load_prompt
from trending.errors import (
    LLMBudgetError,
    LLMBusyError,
    LLMDeadlineError,
    LLMError,
    PromptError,
    TrainingError,
)
from trending.llm.protocol import GenerateRequest
from trending.settings import EnrichmentSettings, Settings


def test_a_good_answer_is_believed_at_once() -> None:
    engine = ScriptedEngine(answer())
    result = enriched(engine)
    assert (result.summary, result.summary_rung) == (GOOD_SUMMARY, "llm")
    assert (result.vibe_tags, result.tag_rung) == (("tense mood", "gloomy"), "llm")
    assert (result.genres, result.genre_rung, result.genre_version) == (("Drama",), "xgboost", "3")
    assert result.llm_trust == 0.0
    assert (result.attempts, result.prompt_tokens, result.completion_tokens) == (1, 100, 20)
    assert result.llm_model == "scripted-1"
    assert result.prompt_hashes == {"reviews": load_prompt("reviews").hash}
    assert result.faults == ()


def test_the_score_stands_on_sentiment_and_the_model_moves_it_by_little() -> None:
    assert (enriched(ScriptedEngine(answer(score=6))).score_basis) == "llm+sentiment"
    far = enriched(ScriptedEngine(answer(score=1)))
    assert far.score_basis == "sentiment"
    assert kinds(far) == [("score", "distance", 1)]
    assert far.vibe_score == enriched(None).vibe_score


def test_a_bad_answer_is_told_what_was_wrong_and_asked_again() -> None:
    engine = ScriptedEngine(answer("Aliens invade Paris and destroy seven museums overnight."), answer())
    result = enriched(engine)
    assert (result.summary, result.attempts) == (GOOD_SUMMARY, 2)
    assert kinds(result) == [("summary", "unsupported", 1)]
    assert "sentence 1 of 1 is like nothing in the reviews" in engine.prompt(1)
    assert "refused" not in engine.prompt(0)
    assert "Aliens" not in engine.prompt(1)
    assert engine.requests[0].temperature == 0
    assert engine.requests[1].temperature > 0
    assert set(result.prompt_hashes) == {"reviews", "again"}


def test_twice_bad_stands_on_the_lower_rungs() -> None:
    engine = ScriptedEngine(answer("Great film with great review and suggestions.", 10, ["drama", "robots"]))
    result = enriched(engine)
    assert result.attempts == 2
    assert result.summary_rung == "extractive"
    assert all(any(s in review for review in REVIEWS) for s in split_sentences(result.summary))
    assert result.tag_rung == "keyphrases"
    assert result.score_basis == "sentiment"
    assert {fault.attempt for fault in result.faults} == {1, 2}


def test_tags_of_an_answer_with_a_bad_summary_can_be_believed() -> None:
    engine = ScriptedEngine(answer("Aliens invade Paris and destroy museums overnight.", 10, ["gloomy"]))
    result = enriched(engine)
    assert (result.summary_rung, result.tag_rung, result.vibe_tags) == ("extractive", "llm", ("gloomy",))


def test_no_retry_where_the_settings_want_none() -> None:
    engine = ScriptedEngine("no JSON")
    settings = Settings(enrichment=EnrichmentSettings(retries=0))
    assert enriched(engine, settings=settings).attempts == 1


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (LLMBusyError("full"), "busy"),
        (LLMBudgetError("spent"), "budget"),
        (LLMDeadlineError("late"), "deadline"),
        (LLMError("down"), "failed"),
        (ConnectionError("secret-address"), "failed"),
    ],
)
def test_a_model_that_cannot_answer_is_a_fault_and_not_asked_again(error: Exception, kind: str) -> None:
    result = enriched(ScriptedEngine(error))
    assert kinds(result) == [("summary", kind, 1)]
    assert (result.summary_rung, result.tag_rung, result.score_basis) == (
        "extractive",
        "keyphrases",
        "sentiment",
    )
    assert (result.attempts, result.llm_model) == (1, "")
    assert "secret" not in str(result.faults)


def test_a_model_that_fails_the_second_time_keeps_what_was_believed() -> None:
    engine = ScriptedEngine(
        answer("Aliens invade Paris and destroy museums.", 8, ["gloomy"]), LLMBusyError("full")
    )
    result = enriched(engine)
    assert result.vibe_tags == ("gloomy",)
    assert kinds(result)[-1] == ("summary", "busy", 2)


def test_a_prompt_that_is_too_long_is_shortened() -> None:
    def picky(request: GenerateRequest) -> str:
        if sum(len(m.content) for m in request.messages) > 2000:
            raise PromptError("too long")
        return answer()

    title = replace(TITLE, reviews=tuple(f"{review} " * 8 for review in REVIEWS))
    result = enriched(ScriptedEngine(picky), title)
    assert result.summary_rung == "llm"
    assert result.attempts > 1


def test_a_prompt_fits_the_model() -> None:
    title = replace(TITLE, plot=TITLE.plot * 40, reviews=REVIEWS * 10)
    engine = ScriptedEngine(answer(), max_prompt_tokens=600)
    enriched(engine, title)
    assert len(engine.prompt()) < 600 * 4


def test_without_a_model_everything_stands_below() -> None:
    result = enriched(None)
    assert (result.summary_rung, result.tag_rung, result.score_basis) == (
        "extractive",
        "keyphrases",
        "sentiment",
    )
    assert (result.llm_model, result.attempts, result.prompt_hashes) == ("", 0, {})


def test_without_reviews_there_is_no_summary_and_tags_come_from_the_plot() -> None:
    engine = ScriptedEngine('{"vibe_tags": ["stormy coast", "Lonely"]}')
    result = enriched(engine, replace(TITLE, reviews=()))
    assert (result.summary, result.summary_rung) == ("", "none")
    assert (result.vibe_score, result.score_basis) == (None, "none")
    assert (result.vibe_tags, result.tag_rung) == (("stormy coast", "lonely"), "llm")
    assert set(result.prompt_hashes) == {"plot"}
    assert enriched(None, replace(TITLE, reviews=(), ratings=(7.0, 8.0))).score_basis == "ratings"


def test_a_sentiment_that_fails_leaves_the_ratings() -> None:
    class Broken:
        def scores(self, texts: object) -> Any:
            raise TrainingError("no labelled reviews")

    result = enriched(None, replace(TITLE, ratings=(6.0,)), sentiment=Broken())
    assert (result.vibe_score, result.score_basis) == (6.0, "ratings")
    assert ("score", "failed", 1) in kinds(result)
