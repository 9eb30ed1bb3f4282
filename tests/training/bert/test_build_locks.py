"""Locks of builds that were killed do not stop later trainings."""

from __future__ import annotations

import os
import time
from pathlib import Path

from trending.training.bert.build_locks import STALE_S, drop_stale_locks


def test_a_lock_without_an_owner_goes_and_one_of_a_running_build_stays(tmp_path: Path) -> None:
    old, new = (tmp_path / "py311_cpu" / name / "lock" for name in ("old", "new"))
    for lock in (old, new):
        lock.parent.mkdir(parents=True)
        lock.touch()
    long_ago = time.time() - STALE_S - 60
    os.utime(old, (long_ago, long_ago))

    assert drop_stale_locks(tmp_path) == [old]
    assert not old.exists()
    assert new.exists()
    assert drop_stale_locks(tmp_path / "nothing") == []
