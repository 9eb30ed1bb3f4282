"""A disk or an object store that is full, in words: it can happen in any job, in any of its libraries."""

from __future__ import annotations

import errno

from trending.causes import causes
from trending.errors import ExhaustedError

DISK = (
    "A disk is full{where}. What the job had committed is there; what it had only begun to write is not. Make room "
    "(`df -h` shows where there is none) and run the job again."
)
STORE = (
    "Ray's object store is full, and so is the disk that it spills to. Nothing half-written was committed. "
    "`ray memory` shows whose objects fill it. Make room on the disk, wait for other jobs to end, or give the nodes "
    "a larger store (`ray.object_store_mb`; `--object-store-memory` of a cluster), and run the job again."
)
OF_DISKS = ("no space left on device", "database or disk is full", "disk quota exceeded")
OF_STORES = ("OutOfDiskError", "ObjectStoreFullError")


def exhausted(error: BaseException) -> ExhaustedError | None:
    """In place of an error with a full disk or object store behind it; None: there is none."""
    for found in causes(error):
        if any(name in (type(found).__name__, *_words_of(found)) for name in OF_STORES):
            return ExhaustedError(STORE)
        if isinstance(found, OSError) and found.errno in (errno.ENOSPC, errno.EDQUOT):
            return ExhaustedError(DISK.format(where=f" ({found.filename})" if found.filename else ""))
        if any(text in str(found).lower() for text in OF_DISKS):
            return ExhaustedError(DISK.format(where=""))
    return None


def _words_of(error: BaseException) -> list[str]:
    """Of an error that only tells of another one, in a traceback from a worker."""
    return str(error).replace(":", " ").replace(".", " ").split()
