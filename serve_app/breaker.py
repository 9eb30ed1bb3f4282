"""Leaving alone what has just failed: one request tries it again after a while, the others do not wait for it."""

from __future__ import annotations

import time
from collections.abc import Callable

REST_S = 1.0
PROBE_S = 30.0
"""Seconds until another request may try, where the one that tried has not come back."""


class Breaker:
    """What rests, by name. Of one event loop."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._until: dict[str, float] = {}

    def allows(self, name: str) -> bool:
        """True if it may be asked: it has not failed, or its rest is over and nobody else is trying."""
        until = self._until.get(name)
        if until is None:
            return True
        now = self._clock()
        if now < until:
            return False
        self._until[name] = now + PROBE_S
        return True

    def failed(self, name: str) -> None:
        """It rests."""
        self._until[name] = self._clock() + REST_S

    def answered(self, name: str) -> None:
        """It is well."""
        self._until.pop(name, None)
