"""A full disk or object store is told in words, whatever library met it."""

from __future__ import annotations

import errno
import sqlite3

import pytest

from jobs.exhausted import exhausted


@pytest.mark.parametrize(
    ("inner", "part"),
    [
        (OSError(errno.ENOSPC, "No space left on device", "/data/titles.parquet"), "/data/titles.parquet"),
        (OSError(errno.EDQUOT, "Disk quota exceeded", "/data/x"), "/data/x"),
        (sqlite3.OperationalError("database or disk is full"), "A disk is full."),
        (RuntimeError("Write failed: [errno 28] No space left on device"), "A disk is full."),
        (RuntimeError("ray.exceptions.OutOfDiskError: Local disk is full"), "object store is full"),
    ],
)
def test_what_is_full_is_found_however_deep_it_was_wrapped(inner: Exception, part: str) -> None:
    outer = RuntimeError("a job failed")
    outer.__cause__ = ValueError("between")
    outer.__cause__.__cause__ = inner
    assert part in str(exhausted(outer))


def test_another_error_is_none_of_its_business() -> None:
    assert exhausted(RuntimeError("something else")) is None
    assert exhausted(OSError(errno.ENOENT, "No such file", "x")) is None


def test_an_object_store_of_ray_that_is_full_is_known_by_its_type() -> None:
    from ray.exceptions import ObjectStoreFullError, OutOfDiskError

    for error in (ObjectStoreFullError("full"), OutOfDiskError("full")):
        assert "ray memory" in str(exhausted(error))
