"""Work that is done one after the other, with a limit to how much may wait for its turn."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from trending.errors import ServiceError


class Turns:
    """One at a time."""

    def __init__(self, most: int) -> None:
        """`most`: under way and waiting."""
        self._most = most
        self._there = 0
        self._lock = asyncio.Lock()

    @asynccontextmanager
    async def turn(self) -> AsyncGenerator[None]:
        """Waits for its turn. Raises `ServiceError` at once where too many wait."""
        if self._there >= self._most:
            raise ServiceError(f"{self._there} explanations wait already, which is the most.")
        self._there += 1
        try:
            async with self._lock:
                yield
        finally:
            self._there -= 1
