"""What a bundle costs to serve: latency, throughput, memory, size, measured in a process of its own."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trending.errors import EvaluationError
from trending.progress import Report, silent

if TYPE_CHECKING:
    from trending.evaluation.record import ServingCost
    from trending.models.bundle import Bundle

SINGLES = 200
"""Titles asked one at a time; the 99th percentile of fewer than a hundred says nothing."""
BATCH_SIZE = 32
"""As many as a classifier of the service gathers at the most."""
BATCHED = 640
WARM_UP = 8
THREADS = "1"
"""Ray gives a replica that asks for less than two CPUs one thread of OpenMP. OpenVINO's threads are the bundle's."""
PATIENCE_S = 1800
PROCESS = "trending.evaluation.cost_process"


@dataclass(frozen=True)
class Workload:
    """What the process is asked to do."""

    folder: str
    documents: list[str]
    singles: int = SINGLES
    batched: int = BATCHED
    batch_size: int = BATCH_SIZE
    warm_up: int = WARM_UP


def serving_cost(
    bundle: Bundle | Path,
    documents: Sequence[str],
    *,
    singles: int = SINGLES,
    batched: int = BATCHED,
    report: Report = silent,
) -> ServingCost:
    """Load the bundle in a fresh process with the threads of a replica, and ask it for the documents.

    `singles` of them one at a time, `batched` in batches of `BATCH_SIZE`; documents come round again where there are
    fewer. Memory is what the process grew by from its start to its peak, libraries included. Raises `EvaluationError`
    without a document or where the process fails.
    """
    from trending.evaluation.record import ServingCost

    folder = bundle if isinstance(bundle, Path) else bundle.folder
    if not documents:
        raise EvaluationError("The cost of serving cannot be measured without documents.")
    report(f"Serving cost: {singles} titles one at a time, {batched} in batches")
    texts = [documents[place % len(documents)] for place in range(max(singles, batched))]
    found = _in_new_process(Workload(str(folder), texts, singles, batched))
    return ServingCost(**found, size_mib=size_mib(folder), machine=machine())


def size_mib(folder: Path) -> float:
    """All files of a bundle."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 2**20


def machine() -> str:
    """Processor, how many cores this process may use, and system."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return f"{_processor()}, {cores} cores, {platform.system()}"


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.is_file() else []
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.processor() or platform.machine())


def _in_new_process(work: Workload) -> dict[str, Any]:
    root = str(Path(__file__).resolve().parents[2])
    path = os.pathsep.join([root, *filter(None, [os.environ.get("PYTHONPATH")])])
    environment = {"OMP_NUM_THREADS": THREADS} | dict(os.environ) | {"PYTHONPATH": path}
    try:
        done = subprocess.run(
            [sys.executable, "-m", PROCESS],
            input=json.dumps(asdict(work)), env=environment, capture_output=True, text=True, timeout=PATIENCE_S,
            check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        raise EvaluationError(
            f"{work.folder}: no answer in {PATIENCE_S} s when its cost was measured."
        ) from error
    if done.returncode:
        reason = "\n".join(done.stderr.strip().splitlines()[-3:])
        raise EvaluationError(
            f"{work.folder}: its cost could not be measured (status {done.returncode}): {reason}"
        )
    return json.loads(done.stdout.splitlines()[-1])
