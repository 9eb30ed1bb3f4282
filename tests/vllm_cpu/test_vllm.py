"""The engine `vllm` for real, on its CPU build: the packaged model, served by `ray.serve.llm`."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Coroutine, Iterator
from contextlib import aclosing
from pathlib import Path
from typing import Any, TypeVar

import pytest

from trending.enrichment.chain import EnrichmentChain
from trending.enrichment.schema import EnrichmentInput, GenreAnswer
from trending.errors import PromptError
from trending.features.embeddings import load_encoder
from trending.llm.engines import open_engine
from trending.llm.limited import LimitedEngine
from trending.llm.protocol import GenerateRequest, Message, ScoreRequest, chat
from trending.llm.vllm_app import running_vllm
from trending.settings import Settings, load_settings

pytestmark = [pytest.mark.vllm, pytest.mark.timeout(900)]
T = TypeVar("T")

SCHEMA = {
    "type": "object",
    "properties": {"mood": {"type": "string", "enum": ["warm", "bleak"]}, "score": {"type": "integer"}},
    "required": ["mood", "score"],
    "additionalProperties": False,
}
REVIEWS = (
    "A warm and funny film about two brothers who run a bakery. I smiled all the way through.",
    "The bakery scenes are lovely, and the brothers feel like real people. Wonderful acting.",
    "Slow in the middle, but the ending moved me to tears.",
)


@pytest.fixture(scope="module")
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    loop = asyncio.new_event_loop()
    yield loop
    loop.close()


@pytest.fixture(scope="module")
def vllm_settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return load_settings(Path("vllm-cpu"), home=tmp_path_factory.mktemp("vllm"))


@pytest.fixture(scope="module")
def engine(
    ray_cluster: str, vllm_settings: Settings, loop: asyncio.AbstractEventLoop
) -> Iterator[LimitedEngine]:
    with running_vllm(vllm_settings):

        async def opened() -> LimitedEngine:
            return open_engine(vllm_settings)

        yield loop.run_until_complete(opened())


@pytest.fixture(scope="module")
def run(loop: asyncio.AbstractEventLoop) -> Any:
    def run_in_loop(work: Coroutine[Any, Any, T]) -> T:
        return loop.run_until_complete(asyncio.wait_for(work, 300))

    return run_in_loop


def test_it_answers_a_chat_and_counts_its_tokens(engine: LimitedEngine, run: Any) -> None:
    request = GenerateRequest((Message("user", "Name a colour of the sky in one word."),), max_tokens=12)
    answer = run(engine.generate(request))
    assert answer.text.strip()
    assert answer.usage.prompt_tokens > 8
    assert 0 < answer.usage.completion_tokens <= 12
    assert answer.model == engine.card.model
    assert engine.card.engine == "vllm"


def test_a_stream_comes_in_pieces_that_make_the_same_answer(engine: LimitedEngine, run: Any) -> None:
    request = GenerateRequest((Message("user", "Count from one to ten."),), max_tokens=24)

    async def pieces() -> list[Any]:
        async with aclosing(engine.stream(request)) as stream:
            return [piece async for piece in stream]

    found = run(pieces())
    assert len(found) > 3
    assert found[-1].usage.completion_tokens <= 24
    assert "".join(p.text for p in found) == run(engine.generate(request)).text


def test_many_at_once_are_all_answered(engine: LimitedEngine, run: Any) -> None:
    async def eight() -> list[Any]:
        asked = (
            GenerateRequest((Message("user", f"Say something about the number {n}."),), max_tokens=8)
            for n in range(8)
        )
        return await asyncio.gather(*(engine.generate(request) for request in asked))

    assert all(answer.text for answer in run(eight()))


def test_json_obeys_its_schema(engine: LimitedEngine, run: Any) -> None:
    request = GenerateRequest(
        chat("Answer in JSON.", "How is a film about a lost dog that comes home?"),
        max_tokens=48,
        json_schema=SCHEMA,
    )
    answer = json.loads(run(engine.generate(request)).text)
    assert answer["mood"] in ("warm", "bleak")
    assert isinstance(answer["score"], int)


def test_a_likely_continuation_is_likelier_than_an_unlikely_one(engine: LimitedEngine, run: Any) -> None:
    found = run(engine.score(ScoreRequest("The capital of France is", (" Paris", " cheese", " Oslo"))))
    assert found.log_likelihoods[0] > max(found.log_likelihoods[1:])
    assert all(value < 0 for value in found.log_likelihoods)
    assert all(count >= 1 for count in found.tokens)


def test_a_prompt_that_is_too_long_is_refused_as_the_clients_fault(engine: LimitedEngine, run: Any) -> None:
    with pytest.raises(PromptError):
        run(engine.generate(GenerateRequest((Message("user", "word " * 8000),))))


def test_the_enrichment_chain_passes_on_it(engine: LimitedEngine, run: Any, vllm_settings: Settings) -> None:
    async def classify(documents: list[str]) -> list[GenreAnswer]:
        answer = GenreAnswer(
            rung="xgboost",
            version="1",
            genres=("Comedy",),
            probabilities={"Comedy": 0.8, "Horror": 0.1},
            thresholds={"Comedy": 0.5, "Horror": 0.5},
        )
        return [answer] * len(documents)

    class Mild:
        def scores(self, texts: Any) -> Any:
            import numpy as np

            return np.full(len(texts), 0.8, np.float32)

    chain = EnrichmentChain(
        vllm_settings,
        engine=engine,
        classify=classify,
        encoder=load_encoder(vllm_settings.train.embedding),
        sentiment=Mild(),
    )
    title = EnrichmentInput(
        "Two Loaves", "Two brothers inherit a bakery and learn to share an oven.", reviews=REVIEWS
    )
    found = run(chain.enrich(title))
    assert found.llm_model == engine.card.model
    assert found.completion_tokens > 0
    assert found.genres == ("Comedy",)
    assert found.summary_rung in ("llm", "extractive")
    assert found.summary
    assert found.vibe_score is not None
    assert 1 <= found.vibe_score <= 10
    assert found.vibe_tags
    assert {fault.kind for fault in found.faults}.isdisjoint({"failed", "deadline", "busy"})
