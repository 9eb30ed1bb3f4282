"""What this gateway refuses by itself: keys that ask too often, and what would find every place taken."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

SHED_S = 0.1
"""In which a full replica of BERT on two cores gets two or three places free."""


@dataclass
class _Bucket:
    tokens: float
    at: float


class RateLimiter:
    """Token buckets: a key may spend a minute's worth at once, and gets it back evenly over a minute.

    Each replica of the gateway counts for itself.
    """

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._buckets: dict[str, _Bucket] = {}

    def take(self, name: str, per_minute: int) -> float:
        """Take one token: 0 if there was one, else the seconds until there is."""
        now = self._clock()
        bucket = self._buckets.get(name)
        if bucket is None:
            bucket = self._buckets[name] = _Bucket(float(per_minute), now)
        per_second = per_minute / 60
        bucket.tokens = min(float(per_minute), bucket.tokens + (now - bucket.at) * per_second)
        bucket.at = now
        if bucket.tokens >= 1:
            bucket.tokens -= 1
            return 0.0
        return (1 - bucket.tokens) / per_second


class Shedding:
    """Once a request has found every place taken, those of the next moment are refused unread.

    Reading, checking and passing on a request that is refused in the end costs as much as an eighth of an answer: at
    three times the capacity that would leave little for the answers.
    """

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._until = float("-inf")

    def found_full(self) -> None:
        """A request was refused behind this gateway."""
        self._until = self._clock() + SHED_S

    @property
    def refuses(self) -> bool:
        """Whether a request that comes now is refused."""
        return self._clock() < self._until
