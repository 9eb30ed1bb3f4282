"""The language model's deployment: one engine, its limits, and its errors as they are."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from typing import Any

from ray import serve
from ray.serve.handle import DeploymentHandle

from trending.errors import SettingsError
from trending.llm.engines import open_engine
from trending.llm.protocol import (
    EngineCard,
    GenerateRequest,
    GenerateResponse,
    Piece,
    ScoreRequest,
    ScoreResponse,
)
from trending.settings import LLMSettings, Settings

MAX_ONGOING = 1024
"""More than the engine's own limits ever allow: they refuse at once, and say when to ask again."""
CHANGEABLE = ("max_concurrent", "max_queued", "deadline_s")


@serve.deployment(
    max_ongoing_requests=MAX_ONGOING,
    health_check_period_s=5,
    health_check_timeout_s=30,
)
class LLM:
    """The engine of `settings.llm`. Raises what `LLMEngine` raises; a caller that goes away stops its request."""

    async def __init__(self, settings: Settings, vllm: DeploymentHandle | None = None) -> None:
        """Ready when the model is loaded and has answered once. Raises `LLMError` where it cannot be opened.

        `vllm`: vLLM's deployment, where the settings choose that engine.
        """
        self._settings = settings.llm
        # Loading takes seconds, in which Serve asks whether this replica lives.
        self._engine = await asyncio.to_thread(open_engine, settings, vllm=vllm)
        await self._engine.warm_up()

    def reconfigure(self, user_config: Mapping[str, Any]) -> None:
        """Changes `max_concurrent`, `max_queued` and `deadline_s`; what is left out is as in the settings."""
        if unknown := sorted(set(user_config) - set(CHANGEABLE)):
            raise SettingsError(
                f"user_config of LLM: {', '.join(unknown)} cannot be changed; {', '.join(CHANGEABLE)} can."
            )
        chosen = LLMSettings.model_validate(self._settings.model_dump() | dict(user_config))
        self._engine.limits.change(chosen.max_concurrent, chosen.max_queued)
        self._engine.deadline_s = chosen.deadline_s

    async def check_health(self) -> None:
        """Fails where the engine cannot answer any more: Serve then starts another replica."""
        await self._engine.check()

    async def card(self) -> EngineCard:
        """What the engine is."""
        return self._engine.card

    async def generate(self, request: GenerateRequest) -> GenerateResponse:
        """The whole answer."""
        return await self._engine.generate(request)

    async def stream(self, request: GenerateRequest) -> AsyncGenerator[Piece, None]:
        """The answer in pieces, as they come."""
        async with aclosing(self._engine.stream(request)) as pieces:
            async for piece in pieces:
                yield piece

    async def score(self, request: ScoreRequest) -> ScoreResponse:
        """Likelihoods of continuations."""
        return await self._engine.score(request)
