"""The last minutes of this gateway, second by second."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

from serve_app.contracts import Vital

SECONDS = 180
_MOST_KEPT = 2000
"""Latencies kept of one second: enough for its percentiles."""


class Vitals:
    """A ring of seconds. Recording is a few list operations: it is on the way of every request."""

    def __init__(self, *, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._past: deque[Vital] = deque(maxlen=SECONDS)
        self._second = int(clock())
        self._requests = self._errors = 0
        self._latencies: list[float] = []

    def record(self, milliseconds: float, *, error: bool) -> None:
        """One answer, by the time until it began."""
        self._turn()
        self._requests += 1
        self._errors += error
        if len(self._latencies) < _MOST_KEPT:
            self._latencies.append(milliseconds)

    def seconds(self) -> tuple[Vital, ...]:
        """The whole seconds so far that had requests, oldest first."""
        self._turn()
        oldest = self._second - SECONDS
        return tuple(vital for vital in self._past if vital.at >= oldest)

    def _turn(self) -> None:
        now = int(self._clock())
        if now == self._second:
            return
        if self._requests:
            self._past.append(self._finished())
        self._second = now
        self._requests = self._errors = 0
        self._latencies = []

    def _finished(self) -> Vital:
        ordered = sorted(self._latencies)
        p50, p95 = (ordered[int(share * (len(ordered) - 1))] for share in (0.5, 0.95))
        return Vital(float(self._second), self._requests, self._errors, round(p50, 2), round(p95, 2))
