"""A language model that says what the test tells it to, an encoder of words, and a sentiment of words."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from typing import Any

import numpy as np

from trending.enrichment.chain import EnrichmentChain
from trending.enrichment.schema import Enrichment, EnrichmentInput, GenreAnswer
from trending.llm.protocol import (
    EngineCard,
    GenerateRequest,
    GenerateResponse,
    Piece,
    ScoreRequest,
    ScoreResponse,
    Usage,
)
from trending.settings import Settings

Reply = str | Exception | Callable[[GenerateRequest], str]
PIECE_CHARS = 7

REVIEWS = (
    "The acting is wonderful and the two leads are a joy to watch. The ending feels rushed and hollow.",
    "A tense and gloomy story with wonderful acting. I liked the tense mood in the old lighthouse.",
    "Beautiful photography of the lonely coast. The pace is slow, and the ending is rushed.",
)
TITLE = EnrichmentInput(
    title="The Lighthouse Keeper",
    plot="A lonely keeper on a stormy coast finds letters of a drowned sailor and begins to answer them.",
    reviews=REVIEWS,
)
GOOD_SUMMARY = "The acting is wonderful and the two leads are a joy. The ending is rushed and feels hollow."


def answer(
    summary: str = GOOD_SUMMARY, score: Any = 7, tags: Sequence[Any] = ("tense mood", "gloomy")
) -> str:
    """A reply of the right shape."""
    return json.dumps({"summary": summary, "vibe_score": score, "vibe_tags": list(tags)})


class ScriptedEngine:
    """Gives its replies in turn, the last one for ever. An exception among them is raised."""

    def __init__(self, *replies: Reply, max_prompt_tokens: int = 2048) -> None:
        self.replies = list(replies)
        self.requests: list[GenerateRequest] = []
        self.stopped_early = 0
        self.card = EngineCard("scripted", "scripted-1", max_prompt_tokens)

    async def generate(self, request: GenerateRequest) -> GenerateResponse:
        return GenerateResponse(self._reply(request), "stop", Usage(100, 20), self.card.model)

    async def stream(self, request: GenerateRequest) -> AsyncGenerator[Piece, None]:
        text = self._reply(request)
        whole = False
        try:
            for start in range(0, len(text), PIECE_CHARS):
                yield Piece(text[start : start + PIECE_CHARS])
            whole = True
            yield Piece("", "stop", Usage(100, 20))
        finally:
            self.stopped_early += not whole

    async def score(self, request: ScoreRequest) -> ScoreResponse:
        raise NotImplementedError

    async def close(self) -> None:
        """Nothing is held."""

    def prompt(self, call: int = 0) -> str:
        """All that the engine was told in one call."""
        return "\n".join(message.content for message in self.requests[call].messages)

    def _reply(self, request: GenerateRequest) -> str:
        reply = self.replies[min(len(self.requests), len(self.replies) - 1)]
        self.requests.append(request)
        if isinstance(reply, Exception):
            raise reply
        return reply(request) if callable(reply) else reply


class WordEncoder:
    """Texts that share words are near: each word is a direction of its own. Small words count little."""

    WIDTH = 1 << 13

    def encode(self, documents: Sequence[str]) -> np.ndarray:
        import zlib

        vectors = np.zeros((len(documents), self.WIDTH), np.float32)
        for row, text in enumerate(documents):
            for word in text.lower().replace("-", " ").split():
                word = word.strip(".,!?'\"();:")
                vectors[row, zlib.crc32(word.encode()) % self.WIDTH] += 0.2 if len(word) < 4 else 1.0
        return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)


class WordSentiment:
    """Positive with good words, negative with bad ones."""

    GOOD, BAD = ("wonderful", "beautiful", "joy", "loved"), ("rushed", "hollow", "dreadful", "hated")

    def scores(self, texts: Sequence[str]) -> np.ndarray:
        def one(text: str) -> float:
            words = text.lower()
            return 0.5 + 0.15 * sum(w in words for w in self.GOOD) - 0.15 * sum(w in words for w in self.BAD)

        return np.clip([one(text) for text in texts], 0, 1).astype(np.float32)


async def classify(documents: list[str]) -> list[GenreAnswer]:
    """Calls everything a drama."""
    probabilities = {"Drama": 0.8, "Thriller": 0.3}
    return [GenreAnswer("xgboost", "3", ("Drama",), probabilities, {"Drama": 0.5, "Thriller": 0.5})] * len(
        documents
    )


def chain_of(engine: ScriptedEngine | None, **changes: Any) -> EnrichmentChain:
    """A chain of the parts above, or of those that the test gives."""
    parts = {"classify": classify, "encoder": WordEncoder(), "sentiment": WordSentiment()} | changes
    return EnrichmentChain(parts.pop("settings", Settings()), engine=engine, **parts)


def enriched(engine: ScriptedEngine | None, title: EnrichmentInput = TITLE, **changes: Any) -> Enrichment:
    """The answer of a chain with this engine."""
    return asyncio.run(chain_of(engine, **changes).enrich(title))


def streamed(
    engine: ScriptedEngine, title: EnrichmentInput = TITLE, **changes: Any
) -> list[Mapping[str, Any]]:
    """The events of a chain with this engine."""

    async def collect() -> list[Mapping[str, Any]]:
        return [event async for event in chain_of(engine, **changes).stream(title)]

    return asyncio.run(collect())


def kinds(result: Enrichment) -> list[tuple[str, str, int]]:
    """What was not believed: part, kind and attempt of each."""
    return [(fault.part, fault.kind, fault.attempt) for fault in result.faults]
