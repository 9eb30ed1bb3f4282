"""Whose genres an enrichment has: of the classifier, of a language model that is trusted, or of words."""

from __future__ import annotations

from dataclasses import replace

from tests.enrichment.scripted import (
    REVIEWS,
    TITLE,
    ScriptedEngine,
    answer,
    enriched,
    kinds,
)
from trending.catalog.taxonomy import load_taxonomy
from trending.enrichment.schema import GenreAnswer
from trending.enrichment.trust import Trust
from trending.features.document import make_document
from trending.llm.protocol import ScoreRequest, ScoreResponse, Usage


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
