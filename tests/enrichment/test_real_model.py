"""The packaged language model and the real encoder: shapes hold whatever a small model makes of an injection."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from tests.enrichment.scripted import GOOD_SUMMARY, TITLE, ScriptedEngine, WordSentiment, answer, classify
from tests.enrichment.test_injections import INJECTIONS, keeps_its_shape, poisoned
from trending.enrichment.chain import EnrichmentChain
from trending.enrichment.schema import Enrichment, EnrichmentInput
from trending.features.embeddings import SentenceEncoder, load_encoder
from trending.llm.protocol import LLMEngine
from trending.settings import EmbeddingSettings, Settings

SOME = ("ignore", "reveal", "role tokens", "html", "score", "very long", "spanish")


@pytest.fixture(scope="module")
def encoder() -> SentenceEncoder:
    return load_encoder(EmbeddingSettings())


@asynccontextmanager
async def packaged_engine(settings: Settings) -> AsyncIterator[LLMEngine]:
    from trending.llm.engines import open_engine

    engine = open_engine(settings)
    try:
        yield engine
    finally:
        await engine.close()


def chain(settings: Settings, engine: LLMEngine | None, encoder: SentenceEncoder) -> EnrichmentChain:
    return EnrichmentChain(
        settings, engine=engine, classify=classify, encoder=encoder, sentiment=WordSentiment()
    )


@pytest.mark.slow
def test_injections_on_the_packaged_model(settings: Settings, encoder: SentenceEncoder) -> None:
    titles = [title for name in SOME for title in poisoned(INJECTIONS[name])[:2]]

    async def all_at_once() -> list[Enrichment]:
        async with packaged_engine(settings) as engine:
            whole = chain(settings, engine, encoder)
            return await asyncio.gather(*(whole.enrich(title) for title in titles))

    for result in asyncio.run(all_at_once()):
        keeps_its_shape(result)
        assert "banana" not in result.summary.lower()
        assert result.summary_rung in ("llm", "extractive")
        assert not {fault.kind for fault in result.faults} & {"failed", "busy", "budget", "prompt"}


@pytest.mark.slow
def test_the_packaged_model_streams_genres_first_and_the_answer_last(
    settings: Settings, encoder: SentenceEncoder
) -> None:
    async def events() -> list[str]:
        async with packaged_engine(settings) as engine:
            return [event["event"] async for event in chain(settings, engine, encoder).stream(TITLE)]

    names = asyncio.run(events())
    assert names[0] == "genres"
    assert names[-1] == "done"


def enriched(
    settings: Settings, summary: str, encoder: SentenceEncoder, title: EnrichmentInput = TITLE
) -> Enrichment:
    engine = ScriptedEngine(answer(summary, tags=["gloomy", "tense mood", "stock exchange"]))
    return asyncio.run(chain(settings, engine, encoder).enrich(title))


@pytest.mark.parametrize(
    "summary",
    [
        GOOD_SUMMARY,
        "Viewers praise the performances of both leads. Many found that the finale comes too quickly.",
        "The photography of the coast is beautiful, but it moves slowly.",
    ],
)
def test_what_reviews_say_in_other_words_is_supported(
    settings: Settings, encoder: SentenceEncoder, summary: str
) -> None:
    assert enriched(settings, summary, encoder).summary_rung == "llm"


@pytest.mark.parametrize(
    "summary",
    [
        "Awesome review with some great suggestions for improvement.",
        "The robots are funny and the car chases through Tokyo are loud.",
        "The acting is wonderful. It won seven awards at a festival in Berlin.",
        "A perfect gift for children who love football and cooking.",
    ],
)
def test_what_no_review_says_is_not(settings: Settings, encoder: SentenceEncoder, summary: str) -> None:
    result = enriched(settings, summary, encoder)
    assert result.summary_rung == "extractive"
    assert "unsupported" in {fault.kind for fault in result.faults}


def test_tags_are_related_to_the_texts(settings: Settings, encoder: SentenceEncoder) -> None:
    assert enriched(settings, GOOD_SUMMARY, encoder).vibe_tags == ("gloomy", "tense mood")


def test_keyphrases_tell_the_mood(settings: Settings, encoder: SentenceEncoder) -> None:
    result = asyncio.run(chain(settings, None, encoder).enrich(replace(TITLE)))
    assert result.tag_rung == "keyphrases"
    assert {"lonely", "gloomy", "tense"} & {word for tag in result.vibe_tags for word in tag.split()}
