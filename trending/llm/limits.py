"""How many requests run and wait at once. One event loop; first come, first served."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from trending.errors import LLMBusyError

FIRST_GUESS_S = 1.0
"""Seconds of a request, before any has ended."""
NEW_WEIGHT = 0.2


class Limits:
    """Places for requests. Both limits may be changed at any time."""

    def __init__(self, max_concurrent: int, max_queued: int) -> None:
        self.max_concurrent = max_concurrent
        self.max_queued = max_queued
        self.running = 0
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._mean_s = FIRST_GUESS_S

    @property
    def waiting(self) -> int:
        """Requests that wait for a place."""
        return len(self._waiting)

    def change(self, max_concurrent: int, max_queued: int) -> None:
        """New limits, from now on. Nothing that runs or waits is turned away."""
        self.max_concurrent, self.max_queued = max_concurrent, max_queued
        self._admit()

    @asynccontextmanager
    async def place(self) -> AsyncGenerator[None, None]:
        """A place, as soon as there is one. Raises `LLMBusyError` at once where too many wait already."""
        await self._enter()
        began = time.monotonic()
        try:
            yield
        finally:
            self.running -= 1
            self._mean_s += NEW_WEIGHT * (time.monotonic() - began - self._mean_s)
            self._admit()

    async def _enter(self) -> None:
        if self.running < self.max_concurrent and not self._waiting:
            self.running += 1
            return
        if len(self._waiting) >= self.max_queued:
            raise LLMBusyError(
                f"The language model has {self.running} requests under way and {len(self._waiting)} waiting,"
                " as many as its limits allow. Ask again later.",
                retry_after_s=self._wait_s(),
            )
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                # The place had been given to this request just before it went away.
                self.running -= 1
                self._admit()
            elif turn in self._waiting:
                self._waiting.remove(turn)
            raise

    def _admit(self) -> None:
        while self._waiting and self.running < self.max_concurrent:
            turn = self._waiting.popleft()
            if not turn.done():
                self.running += 1
                turn.set_result(None)

    def _wait_s(self) -> float:
        rounds = (len(self._waiting) + 1) / self.max_concurrent
        return round(max(1.0, rounds * self._mean_s), 1)
