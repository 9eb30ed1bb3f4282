"""Peak memory of a process and everything it started."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import psutil


class PeakMemory:
    """Samples the memory of a process (`pid`, or this one) and all its descendants while the `with` block runs.

    Proportional set size is summed, so that a page of shared memory (Ray's object store) counts once however
    many processes map it. `peak_mb` is the highest sum seen, in MiB, at one sample every `every_s` seconds.
    """

    def __init__(self, every_s: float = 0.25, *, pid: int | None = None) -> None:
        self.peak_mb = 0.0
        self._pid = pid
        self._every_s = every_s
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> PeakMemory:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    def _watch(self) -> None:
        while True:
            self.peak_mb = max(self.peak_mb, tree_pss_mb(self._pid))
            if self._done.wait(self._every_s):
                return


def tree_pss_mb(pid: int | None = None) -> float:
    """Proportional set size of a process (`pid`, or this one) and its descendants, in MiB; 0 once it has ended."""
    try:
        root = psutil.Process(pid or os.getpid())
        return sum(_pss_kb(p.pid) for p in [root, *root.children(recursive=True)]) / 1024
    except psutil.NoSuchProcess:
        return 0.0


def _pss_kb(pid: int) -> int:
    try:
        rollup = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
    except OSError:  # the process has ended since it was listed
        return 0
    return next((int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:")), 0)
