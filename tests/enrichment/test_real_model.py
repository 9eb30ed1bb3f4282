"""The packaged language model and the real encoder: shapes hold whatever a small model makes of an injection."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from tests.enrichment.scripted import TITLE, WordSentiment, classify
from tests.enrichment.test_injections import INJECTIONS, keeps_its_shape, poisoned
from trending.enrichment.chain import EnrichmentChain
from trending.enrichment.schema import Enrichment
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
