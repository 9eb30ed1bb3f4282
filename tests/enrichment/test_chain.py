"""The whole chain: which rung each part stands on when the language model is good, bad, busy or gone."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest

from tests.enrichment.scripted import (
    GOOD_SUMMARY,
    REVIEWS,
    TITLE,
    ScriptedEngine,
    answer,
    chain_of,
)
from trending.catalog.taxonomy import load_taxonomy
from trending.enrichment.evidence import split_sentences
from trending.enrichment.prompts import load_prompt
from trending.enrichment.schema import Enrichment, EnrichmentInput, GenreAnswer
from trending.enrichment.trust import Trust
from trending.errors import (
    LLMBudgetError,
    LLMBusyError,
    LLMDeadlineError,
    LLMError,
    PromptError,
    TrainingError,
)
from trending.features.document import make_document
from trending.llm.protocol import GenerateRequest, ScoreRequest, ScoreResponse, Usage
from trending.settings import EnrichmentSettings, Settings


def enriched(engine: ScriptedEngine | None, title: EnrichmentInput = TITLE, **changes: Any) -> Enrichment:
    return asyncio.run(chain_of(engine, **changes).enrich(title))


def streamed(
    engine: ScriptedEngine, title: EnrichmentInput = TITLE, **changes: Any
) -> list[Mapping[str, Any]]:
    async def collect() -> list[Mapping[str, Any]]:
        return [event async for event in chain_of(engine, **changes).stream(title)]

    return asyncio.run(collect())


def kinds(result: Enrichment) -> list[tuple[str, str, int]]:
    return [(fault.part, fault.kind, fault.attempt) for fault in result.faults]


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


def test_the_document_is_the_one_of_training() -> None:
    seen: list[str] = []

    async def classify(documents: list[str]) -> list[GenreAnswer]:
        seen.extend(documents)
        return [GenreAnswer("bert", "1", (), {})]

    enriched(None, replace(TITLE, plot=f"<p>{TITLE.plot}</p>"), classify=classify, max_reviews=lambda: 1)
    assert seen == [make_document(TITLE.title, TITLE.plot, REVIEWS[:1], max_reviews=1)]


def test_a_classifier_that_is_down_leaves_genres_by_words() -> None:
    async def down(documents: list[str]) -> list[GenreAnswer]:
        raise ConnectionError

    result = enriched(None, replace(TITLE, plot="A thriller about a horror writer."), classify=down)
    assert (result.genre_rung, result.genre_version) == ("keyword", "words")
    assert set(result.genres) <= set(load_taxonomy().genres)
    assert "Horror" in result.genres
    assert kinds(result)[0] == ("genres", "classifier", 1)
    assert enriched(None, classify=down).genre_rung == "none"


def test_genres_outside_the_taxonomy_are_dropped() -> None:
    async def odd(documents: list[str]) -> list[GenreAnswer]:
        return [GenreAnswer("bert", "1", ("Drama", "Nonsense"), {"Drama": 0.9, "Nonsense": 0.9})]

    assert enriched(None, classify=odd).genres == ("Drama",)


class Scoring(ScriptedEngine):
    """Finds Horror likely after a plot, and every genre alike after none."""

    async def score(self, request: ScoreRequest) -> ScoreResponse:
        informed = TITLE.plot[:20] in request.prompt
        found = [-1.0 if informed and name == " horror" else -9.0 for name in request.continuations]
        return ScoreResponse(tuple(found), (1,) * len(found), Usage(50, 0))


def test_a_trusted_model_has_its_say_about_genres() -> None:
    trust = Trust(0.6, llm_model="scripted-1", classifier_version="3", titles=100)
    result = enriched(Scoring(answer()), trust=trust, examples=lambda _: [("A", "B c.", ("Drama",))])
    assert result.genre_rung == "combined"
    assert "Horror" in result.genres
    assert result.llm_trust == 0.6
    assert result.attempts == 3
    assert set(result.prompt_hashes) == {"reviews", "genres"}
    assert set(result.probabilities) == set(load_taxonomy().genres)


def test_a_model_that_is_not_trusted_is_not_asked_for_genres() -> None:
    for trust in (
        Trust(0.0, classifier_version="3"),
        Trust(0.9, classifier_version="2"),
        lambda _: None,
    ):
        result = enriched(ScriptedEngine(answer()), trust=trust)  # its score would raise
        assert (result.genre_rung, result.llm_trust, result.attempts) == ("xgboost", 0.0, 1)


def test_a_trusted_model_answers_alone_where_no_classifier_does() -> None:
    async def down(documents: list[str]) -> list[GenreAnswer]:
        raise ConnectionError

    result = enriched(Scoring(answer()), trust=Trust(0.6, classifier_version="3"), classify=down)
    assert (result.genre_rung, result.genre_version, result.genres) == ("llm", "scripted-1", ("Horror",))


def test_a_trusted_model_that_fails_leaves_the_classifier() -> None:
    result = enriched(ScriptedEngine(answer()), trust=Trust(0.6, classifier_version="3"))
    assert (result.genre_rung, result.genres, result.llm_trust) == ("xgboost", ("Drama",), 0.0)
    assert kinds(result) == [("genres", "failed", 1)]


def test_a_sentiment_that_fails_leaves_the_ratings() -> None:
    class Broken:
        def scores(self, texts: object) -> Any:
            raise TrainingError("no labelled reviews")

    result = enriched(None, replace(TITLE, ratings=(6.0,)), sentiment=Broken())
    assert (result.vibe_score, result.score_basis) == (6.0, "ratings")
    assert ("score", "failed", 1) in kinds(result)


def test_the_stream_brings_genres_then_a_growing_draft_then_the_same_answer() -> None:
    events = streamed(ScriptedEngine(answer()))
    names = [event["event"] for event in events]
    assert names[0] == "genres"
    assert names[-1] == "done"
    assert set(names[1:-1]) == {"draft"}
    drafts = [event["text"] for event in events if event["event"] == "draft"]
    assert all(after.startswith(before) for before, after in pairwise(drafts))
    assert drafts[-1] == GOOD_SUMMARY
    whole = enriched(ScriptedEngine(answer())).as_json()
    assert events[-1]["enrichment"] | {"seconds": 0} == whole | {"seconds": 0}


def test_the_stream_notes_what_was_not_believed() -> None:
    bad = answer("Aliens invade Paris and destroy seven museums overnight.")
    events = streamed(ScriptedEngine(bad, answer()))
    assert [event["kind"] for event in events if event["event"] == "note"] == ["unsupported"]


def test_a_leak_is_never_seen_in_a_draft() -> None:
    system = load_prompt("reviews").system
    events = streamed(ScriptedEngine(answer(f"The acting is wonderful. {system}")))
    assert all("help people choose" not in str(event) for event in events)
    assert all("You help people" not in str(event.get("text")) for event in events)
    assert events[-1]["enrichment"]["summary_rung"] == "extractive"


def test_a_stream_that_is_closed_early_stops_the_model() -> None:
    engine = ScriptedEngine(answer())

    async def leave() -> None:
        stream = chain_of(engine).stream(TITLE)
        async for event in stream:
            if event["event"] == "genres":
                break
        await stream.aclose()
        assert [task for task in asyncio.all_tasks() if task is not asyncio.current_task()] == []

    asyncio.run(leave())


def test_a_cancelled_enrichment_stops_the_model() -> None:
    class Endless(ScriptedEngine):
        def __init__(self) -> None:
            super().__init__("")
            self.asked, self.cancelled = asyncio.Event(), False

        async def generate(self, request: GenerateRequest) -> Any:
            self.asked.set()
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                self.cancelled = True
                raise

    async def cancel() -> bool:
        engine = Endless()
        task = asyncio.create_task(chain_of(engine).enrich(TITLE))
        await engine.asked.wait()
        task.cancel()
        await asyncio.wait([task])
        return engine.cancelled and task.cancelled()

    assert asyncio.run(cancel())
