"""Locks of PyTorch's just-in-time builds that outlived their owner.

The first fine-tuning on a machine compiles DeepSpeed's shared-memory exchange. Whoever comes meanwhile waits until the
lock's file is gone; a builder that is killed leaves it there, and every later training would wait for ever.
"""

from __future__ import annotations

import logging
import os
import time
from pathlib import Path

logger = logging.getLogger(__name__)

STALE_S = 900.0
"""A build takes a minute or two. A lock of this age has no owner."""


def drop_stale_locks(root: Path | None = None, *, older_than_s: float = STALE_S) -> list[Path]:
    """Remove the locks of builds that were given up; those removed. `root`: of the builds, by default PyTorch's."""
    found = []
    under = root or _build_root()
    for lock in [*under.glob("*/lock"), *under.glob("*/*/lock")]:
        try:
            if time.time() - lock.stat().st_mtime > older_than_s:
                lock.unlink()
                found.append(lock)
                logger.warning("%s: left by a build that was killed; removed.", lock)
        except FileNotFoundError:  # its owner is done, or another worker was faster
            continue
    return found


def _build_root() -> Path:
    from torch.utils.cpp_extension import get_default_build_root

    return Path(os.environ.get("TORCH_EXTENSIONS_DIR") or get_default_build_root())
