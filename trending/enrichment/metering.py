"""An engine that counts what one enrichment asks of it."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing

from trending.llm.protocol import (
    EngineCard,
    GenerateRequest,
    GenerateResponse,
    LLMEngine,
    Piece,
    ScoreRequest,
    ScoreResponse,
    Usage,
)


class MeteredEngine:
    """Passes everything on to another engine and keeps the count. Closing it closes nothing."""

    def __init__(self, engine: LLMEngine) -> None:
        self._engine = engine
        self.calls = 0
        """Calls of the engine, answered or not."""
        self.answered = 0
        self.prompt_tokens = 0
        self.completion_tokens = 0

    @property
    def card(self) -> EngineCard:
        """That of the engine."""
        return self._engine.card

    async def generate(self, request: GenerateRequest) -> GenerateResponse:
        """The whole answer, counted."""
        self.calls += 1
        response = await self._engine.generate(request)
        self._count(response.usage)
        return response

    async def stream(self, request: GenerateRequest) -> AsyncGenerator[Piece, None]:
        """The answer in pieces; the last one is counted."""
        self.calls += 1
        async with aclosing(self._engine.stream(request)) as pieces:
            async for piece in pieces:
                if piece.usage is not None:
                    self._count(piece.usage)
                yield piece

    async def score(self, request: ScoreRequest) -> ScoreResponse:
        """Likelihoods, counted."""
        self.calls += 1
        response = await self._engine.score(request)
        self._count(response.usage)
        return response

    async def close(self) -> None:
        """Nothing: the engine is not ours."""

    def _count(self, usage: Usage) -> None:
        self.answered += 1
        self.prompt_tokens += usage.prompt_tokens
        self.completion_tokens += usage.completion_tokens
