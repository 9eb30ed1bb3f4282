"""Faults of a source that happen inside Ray tasks, brought back to the caller as they were raised."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from trending.causes import causes
from trending.errors import SourceError


@contextmanager
def source_faults() -> Iterator[None]:
    """Around anything that executes a source's dataset: a `SourceError` comes out plain, without Ray's
    wrapping and its remote traceback; every other error as it is.

    Ray Data's own log of errors is off meanwhile: it would print each traceback twice before ours.
    """
    chatter = logging.getLogger("ray.data")
    level = chatter.level
    chatter.setLevel(logging.CRITICAL)
    try:
        yield
    except Exception as error:
        fault = find_source_error(error)
        if fault is None or fault is error:
            raise
        raise fault from None
    finally:
        chatter.setLevel(level)


def find_source_error(error: BaseException) -> SourceError | None:
    """The `SourceError` that an error is, wraps or was caused by, or None."""
    # Ray's own wrapper is a subclass of what it wraps; only the exact type is the one that was raised.
    return next((one for one in causes(error) if type(one) is SourceError), None)
