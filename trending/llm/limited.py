"""Any engine within limits: places and a queue, a deadline, and the budget of the day."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager

from trending.errors import LLMDeadlineError
from trending.llm.budget import Budget
from trending.llm.limits import Limits
from trending.llm.protocol import (
    Checked,
    EngineCard,
    GenerateRequest,
    GenerateResponse,
    LLMEngine,
    Piece,
    ScoreRequest,
    ScoreResponse,
    Warmed,
)


class LimitedEngine:
    """An engine that is asked no more than it may be. Implements `LLMEngine`, for one event loop."""

    def __init__(self, engine: LLMEngine, limits: Limits, budget: Budget, *, deadline_s: float) -> None:
        self.limits = limits
        self.budget = budget
        self.deadline_s = deadline_s
        """Most seconds of a request, waiting included. May be changed at any time."""
        self._engine = engine

    @property
    def card(self) -> EngineCard:
        """What the engine is."""
        return self._engine.card

    async def generate(self, request: GenerateRequest) -> GenerateResponse:
        """The whole answer."""
        async with self._admitted(request.deadline_s) as ends, _until(ends):
            return await self._engine.generate(request)

    async def stream(self, request: GenerateRequest) -> AsyncGenerator[Piece, None]:
        """The answer in pieces, as they come."""
        async with self._admitted(request.deadline_s) as ends:
            pieces = self._engine.stream(request)
            try:
                while True:
                    # The deadline is around the waiting alone: a reader's own code is not cut off by it.
                    async with _until(ends):
                        piece = await anext(pieces, None)
                    if piece is None:
                        return
                    yield piece
            finally:
                await pieces.aclose()

    async def score(self, request: ScoreRequest) -> ScoreResponse:
        """Likelihoods of continuations."""
        async with self._admitted(request.deadline_s) as ends, _until(ends):
            return await self._engine.score(request)

    async def warm_up(self) -> None:
        """A first answer to nobody, where the engine is slower with its first."""
        if isinstance(self._engine, Warmed):
            await self._engine.warm_up()

    async def check(self) -> None:
        """Raises `LLMError` where the engine cannot answer any more."""
        if isinstance(self._engine, Checked):
            await self._engine.check()

    async def close(self) -> None:
        """Frees what the engine holds."""
        await self._engine.close()

    @asynccontextmanager
    async def _admitted(self, asked_s: float | None) -> AsyncGenerator[float, None]:
        """A place in the engine; gives the time at which the request ends."""
        seconds = self.deadline_s if asked_s is None else min(asked_s, self.deadline_s)
        ends = asyncio.get_running_loop().time() + seconds
        self.budget.check()
        async with AsyncExitStack() as stack:
            async with _until(ends):
                await stack.enter_async_context(self.limits.place())
            yield ends


@asynccontextmanager
async def _until(ends: float) -> AsyncGenerator[None, None]:
    limit = asyncio.timeout_at(ends)
    try:
        async with limit:
            yield
    except TimeoutError as error:
        if not limit.expired():
            raise
        raise LLMDeadlineError(
            "The language model's answer was not whole when its deadline came. Ask for fewer tokens, or later."
        ) from error
