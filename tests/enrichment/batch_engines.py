"""Language models for the batch job: what opens them travels to the actors of Ray, so it stands in a module."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path

from tests.enrichment.scripted import ScriptedEngine, answer
from trending.errors import LLMBudgetError, LLMError
from trending.llm.protocol import GenerateRequest, GenerateResponse, LLMEngine
from trending.settings import Settings


class CountingEngine(ScriptedEngine):
    """Writes a line for each call into a file, and fails as it is told."""

    def __init__(self, calls: Path, *, budget: int | None = None, fails: bool = False) -> None:
        super().__init__(answer())
        self.calls, self.budget, self.fails = calls, budget, fails

    async def generate(self, request: GenerateRequest) -> GenerateResponse:
        with self.calls.open("a", encoding="utf-8") as file:
            file.write("call\n")
        if self.fails:
            raise LLMError("it is not there")
        if self.budget is not None and len(self.requests) >= self.budget:
            raise LLMBudgetError("spent", 60)
        return await super().generate(request)


class StoppingEngine(ScriptedEngine):
    """Answers `calls` times; then it says so with a file, and answers no more."""

    def __init__(self, calls: int, stopped: Path) -> None:
        super().__init__(answer())
        self.left, self.stopped = calls, stopped

    async def generate(self, request: GenerateRequest) -> GenerateResponse:
        if self.left == 0:
            self.stopped.touch()
            await asyncio.Event().wait()
        self.left -= 1
        return await super().generate(request)


@dataclass(frozen=True)
class Opener:
    """Opens an engine; see `CountingEngine`."""

    calls: Path
    budget: int | None = None
    fails: bool = False

    def __call__(self, settings: Settings) -> LLMEngine:
        return CountingEngine(self.calls, budget=self.budget, fails=self.fails)

    @property
    def count(self) -> int:
        """Calls of all engines that it opened."""
        return len(self.calls.read_text(encoding="utf-8").splitlines()) if self.calls.is_file() else 0


@dataclass(frozen=True)
class StoppingOpener:
    """Opens an engine; see `StoppingEngine`."""

    calls: int
    stopped: Path

    def __call__(self, settings: Settings) -> LLMEngine:
        return StoppingEngine(self.calls, self.stopped)
