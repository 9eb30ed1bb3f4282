"""The language model's deployment as the engine that the enrichment chain knows."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable
from contextlib import aclosing
from typing import Protocol, TypeVar

from serve_app.contracts import LLMService
from trending.errors import LLMDeadlineError
from trending.llm.protocol import (
    EngineCard,
    GenerateRequest,
    GenerateResponse,
    Piece,
    ScoreRequest,
    ScoreResponse,
)
from trending.settings import LLMSettings

T = TypeVar("T")
GRACE_S = 5.0
"""Over the deadline, for the way there and back: the engine's own word on its deadline is better than ours."""
CARD_S = 3.0


class ScoringService(LLMService, Protocol):
    """A language model that also gives likelihoods."""

    async def score(self, request: ScoreRequest) -> ScoreResponse:
        """Likelihoods of continuations."""
        ...


class RemoteEngine:
    """An `LLMEngine` behind a deployment. A replica that is not there yet is waited for until the deadline."""

    def __init__(self, service: ScoringService, settings: LLMSettings) -> None:
        self._service, self._settings = service, settings
        self._card: EngineCard | None = None

    @property
    def card(self) -> EngineCard:
        """What the engine says of itself; until it has said it, what the settings say."""
        settings = self._settings
        return self._card or EngineCard(settings.engine, settings.model, settings.max_prompt_tokens)

    async def meet(self) -> EngineCard:
        """Ask the engine for its card, if it is there."""
        if self._card is None:
            try:
                async with asyncio.timeout(CARD_S):
                    self._card = await self._service.card()
            except Exception:  # noqa: BLE001 (it is asked again with the next title; a call will tell the fault)
                return self.card
        return self.card

    async def generate(self, request: GenerateRequest) -> GenerateResponse:
        """The whole answer."""
        return await self._in_time(self._service.generate(request), self._left(request.deadline_s))

    async def stream(self, request: GenerateRequest) -> AsyncGenerator[Piece, None]:
        """The answer in pieces. Closed early, the engine stops."""
        end = asyncio.get_running_loop().time() + self._left(request.deadline_s)
        async with aclosing(self._service.stream(request)) as pieces:
            while True:
                left = end - asyncio.get_running_loop().time()
                piece = await self._in_time(anext(pieces, None), max(left, 0.0))
                if piece is None:
                    return
                yield piece

    async def score(self, request: ScoreRequest) -> ScoreResponse:
        """Likelihoods."""
        return await self._in_time(self._service.score(request), self._left(request.deadline_s))

    async def close(self) -> None:
        """Nothing: the deployment has a life of its own."""

    def _left(self, asked_s: float | None) -> float:
        return min(asked_s or self._settings.deadline_s, self._settings.deadline_s) + GRACE_S

    async def _in_time(self, answer: Awaitable[T], left_s: float) -> T:
        try:
            async with asyncio.timeout(left_s):
                return await answer
        except TimeoutError as error:
            raise LLMDeadlineError("The language model's deployment did not answer in time.") from error
