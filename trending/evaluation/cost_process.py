"""The process that `cost.serving_cost` starts: reads a `Workload` (JSON) and prints what it cost.

Nothing heavy is imported before the memory is read for the first time.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from trending.models.base import GenreModel


def main() -> None:
    """From standard input to one line of standard output."""
    work = json.load(sys.stdin)
    sys.stdout.write(json.dumps(measure(work)) + "\n")


def measure(work: dict[str, Any]) -> dict[str, float]:
    """`latency_p50_ms`, `latency_p99_ms`, `titles_per_s`, `memory_mib` of a `Workload`."""
    before = memory_mib("VmRSS")
    from trending.models.bundle import load_bundle

    model = load_bundle(Path(work["folder"])).model
    documents = work["documents"]
    for document in documents[: work["warm_up"]]:
        model.predict_proba([document])
    times = _single(model, documents[: work["singles"]])
    rate = _batched(model, documents[: work["batched"]], work["batch_size"])

    import numpy as np

    return {
        "latency_p50_ms": float(np.percentile(times, 50)) * 1e3,
        "latency_p99_ms": float(np.percentile(times, 99)) * 1e3,
        "titles_per_s": rate,
        "memory_mib": memory_mib("VmHWM") - before,
    }


def memory_mib(name: str) -> float:
    """Of this process: `VmRSS`, what is in memory now; `VmHWM`, the most that ever was.

    Not `getrusage`: its peak of a new process begins with that of the process that started it.
    """
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:")) / 1024


def _single(model: GenreModel, documents: Sequence[str]) -> list[float]:
    times = []
    for document in documents:
        began = time.perf_counter()
        model.predict_proba([document])
        times.append(time.perf_counter() - began)
    return times


def _batched(model: GenreModel, documents: Sequence[str], size: int) -> float:
    """Titles a second."""
    began = time.perf_counter()
    for start in range(0, len(documents), size):
        model.predict_proba(documents[start : start + size])
    return len(documents) / (time.perf_counter() - began)


if __name__ == "__main__":
    main()
