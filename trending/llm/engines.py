"""The engine that the settings choose, within its limits."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from typing import TYPE_CHECKING

from trending.errors import LLMError
from trending.llm.budget import Budget
from trending.llm.limited import LimitedEngine
from trending.llm.limits import Limits
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
from trending.settings import Settings

if TYPE_CHECKING:
    from ray.serve.handle import DeploymentHandle

Spent = Callable[[Usage], None]
"""Told once of each request how many tokens it took, also where it was cut off."""


def open_engine(settings: Settings, *, vllm: DeploymentHandle | None = None) -> LimitedEngine:
    """The engine of `settings.llm` within its limits and its budget of the day. Loading may take seconds.

    `vllm`: handle of vLLM's deployment; None: that of the application that `running_vllm` started.
    Raises `LLMError` where its model or its key is missing.
    """
    llm = settings.llm
    budget = Budget(settings.service_dir, llm)
    limits = Limits(llm.max_concurrent, llm.max_queued)
    return LimitedEngine(_engine(settings, budget.add, vllm), limits, budget, deadline_s=llm.deadline_s)


def _engine(settings: Settings, spent: Spent, vllm: DeploymentHandle | None) -> LLMEngine:
    # Each engine brings in a large library of its own.
    match settings.llm.engine:
        case "openvino":
            from trending.llm.openvino_engine import OpenVINOEngine

            return OpenVINOEngine(settings.llm, folder=settings.root / "llm", spent=spent)
        case "openai":
            from trending.llm.openai_engine import OpenAIEngine

            return OpenAIEngine(settings.llm, spent=spent)
        case "vllm":
            from trending.llm.vllm_engine import VLLMEngine

            return VLLMEngine(settings, spent=spent, handle=vllm)
        case "none":
            return NoEngine()


class NoEngine:
    """No language model: every call says so."""

    @property
    def card(self) -> EngineCard:
        """A card without a model."""
        return EngineCard(engine="none", model="", max_prompt_tokens=0, can_score=False)

    async def generate(self, request: GenerateRequest) -> GenerateResponse:
        """Raises `LLMError`."""
        del request
        raise self._error()

    async def stream(self, request: GenerateRequest) -> AsyncGenerator[Piece, None]:
        """Raises `LLMError`."""
        del request
        raise self._error()
        yield  # makes it a generator

    async def score(self, request: ScoreRequest) -> ScoreResponse:
        """Raises `LLMError`."""
        del request
        raise self._error()

    async def close(self) -> None:
        """Nothing to free."""

    def _error(self) -> LLMError:
        return LLMError("No language model is configured (llm.engine is none).")
