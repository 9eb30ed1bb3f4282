"""What is behind an error that came through Ray, a library, or both."""

from __future__ import annotations

from collections.abc import Iterator


def causes(error: BaseException) -> Iterator[BaseException]:
    """The error, what it wraps, and what it was raised from or in the middle of; each once, the outermost first."""
    seen: set[int] = set()
    waiting: list[object] = [error]
    while waiting:
        current = waiting.pop()
        if not isinstance(current, BaseException) or id(current) in seen:
            continue
        yield current
        seen.add(id(current))
        waiting += [current.__context__, current.__cause__, getattr(current, "cause", None)]
