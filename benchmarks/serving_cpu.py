"""CPU time of a server, by process: where a request's time goes, also on a machine that is not idle."""

from __future__ import annotations

from collections import defaultdict
from contextlib import suppress
from pathlib import Path

import psutil


def cpu_by_process(pid: int) -> dict[str, float]:
    """Seconds of CPU that a process and its descendants have used until now, by name."""
    found: dict[str, float] = defaultdict(float)
    with suppress(psutil.NoSuchProcess):
        root = psutil.Process(pid)
        for process in [root, *root.children(recursive=True)]:
            with suppress(psutil.NoSuchProcess, psutil.ZombieProcess):
                times = process.cpu_times()
                found[name_of(process)] += times.user + times.system
    return dict(found)


def name_of(process: psutil.Process) -> str:
    """`Gateway` of a replica of that deployment, `ProxyActor` of Serve's proxy, else the program or its module."""
    words = process.cmdline() or [process.name()]
    if words[0].startswith("ray::"):
        return words[0].removeprefix("ray::").split(".")[0].split(":")[-1].strip()
    if "-m" in words[:-1]:
        return words[words.index("-m") + 1]
    return Path(words[0]).name


def spent(before: dict[str, float], after: dict[str, float], titles: int) -> dict[str, float]:
    """Milliseconds of CPU for each title, most first; processes that took less than a hundredth are left out."""
    used = {
        name: (seconds - before.get(name, 0.0)) * 1000 / max(1, titles) for name, seconds in after.items()
    }
    least = 0.01 * sum(used.values())
    return {name: ms for name, ms in sorted(used.items(), key=lambda one: -one[1]) if ms >= least}
