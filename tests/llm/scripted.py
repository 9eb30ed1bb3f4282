"""An engine that does what a test says."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable

from trending.llm.protocol import (
    EngineCard,
    GenerateRequest,
    GenerateResponse,
    Piece,
    ScoreRequest,
    ScoreResponse,
    Usage,
)


class ScriptedEngine:
    """Answers "one two" once it is let; counts what it works on."""

    def __init__(self, spent: Callable[[Usage], None] = lambda _: None) -> None:
        self.go = asyncio.Event()
        self.began = 0
        self.running = 0
        self.cut_off = 0
        self._spent = spent

    @property
    def card(self) -> EngineCard:
        return EngineCard("scripted", "scripted@0", 100)

    async def generate(self, request: GenerateRequest) -> GenerateResponse:
        pieces = [piece async for piece in self.stream(request)]
        usage = pieces[-1].usage or Usage(0, 0)
        return GenerateResponse("".join(p.text for p in pieces), "stop", usage, self.card.model)

    async def stream(self, request: GenerateRequest) -> AsyncGenerator[Piece, None]:
        self.began += 1
        self.running += 1
        tokens = 0
        try:
            tokens += 1
            yield Piece("one ")
            await self.go.wait()
            tokens += 1
            yield Piece("two", "stop", Usage(10, tokens))
        except (asyncio.CancelledError, GeneratorExit):
            self.cut_off += 1
            raise
        finally:
            self.running -= 1
            self._spent(Usage(10, tokens))

    async def score(self, request: ScoreRequest) -> ScoreResponse:
        await self.go.wait()
        n = len(request.continuations)
        return ScoreResponse((-1.0,) * n, (1,) * n, Usage(1, n))

    async def close(self) -> None: ...
