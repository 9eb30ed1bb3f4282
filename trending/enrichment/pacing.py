"""An engine that is asked no more often than the settings allow."""

from __future__ import annotations

import asyncio
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
)


class PacedEngine:
    """Passes everything on to another engine, calls begun at least `1 / requests_per_s` seconds apart."""

    def __init__(self, engine: LLMEngine, requests_per_s: float) -> None:
        self._engine = engine
        self._apart = 1.0 / requests_per_s
        self._next = 0.0

    @property
    def card(self) -> EngineCard:
        """That of the engine."""
        return self._engine.card

    async def generate(self, request: GenerateRequest) -> GenerateResponse:
        """The whole answer, in its turn."""
        await self._turn()
        return await self._engine.generate(request)

    async def stream(self, request: GenerateRequest) -> AsyncGenerator[Piece, None]:
        """The answer in pieces, in its turn."""
        await self._turn()
        async with aclosing(self._engine.stream(request)) as pieces:
            async for piece in pieces:
                yield piece

    async def score(self, request: ScoreRequest) -> ScoreResponse:
        """Likelihoods, in their turn."""
        await self._turn()
        return await self._engine.score(request)

    async def close(self) -> None:
        """Close the engine."""
        await self._engine.close()

    async def _turn(self) -> None:
        # The turn is taken before the wait: those who wait do so for different moments, and none is passed over.
        now = asyncio.get_running_loop().time()
        mine = max(now, self._next)
        self._next = mine + self._apart
        if mine > now:
            await asyncio.sleep(mine - now)
