"""Run as a program by `test_node_faults.py`: a job on a cluster, of which one worker takes its whole node with it.

    python -m tests.cluster.losing MODULE:FUNCTION CALL FLAG WORD...

In every worker process the function ends the node that the process is on, at its call of that number; the first that
comes there does so, and makes the file FLAG. The head stays.
"""

from __future__ import annotations

import importlib
import logging
import os
import sys
from functools import wraps
from itertools import count
from pathlib import Path
from typing import Any

WHERE, CALL, FLAG = "LOSE_IN", "LOSE_AT_CALL", "LOSE_FLAG"


def main(where: str, call: str, flag: str, words: list[str]) -> None:
    """The job, with every worker process prepared."""
    import ray

    from jobs.__main__ import main as run_job

    ray.init(
        address="auto",
        log_to_driver=False,
        logging_level=logging.ERROR,
        runtime_env={
            "env_vars": {WHERE: where, CALL: call, FLAG: flag},
            "worker_process_setup_hook": "tests.cluster.losing.prepare",
        },
    )
    run_job(words)


def prepare() -> None:
    """In a worker process, before its first task: put the end of the node into the function."""
    module, _, name = os.environ[WHERE].partition(":")
    owner: Any = importlib.import_module(module)
    *outer, last = name.split(".")
    for part in outer:
        owner = getattr(owner, part)
    function = getattr(owner, last)
    calls = count(1)

    @wraps(function)
    def with_an_end(*given: Any, **named: Any) -> Any:
        if next(calls) == int(os.environ[CALL]):
            end_this_node(Path(os.environ[FLAG]))
        return function(*given, **named)

    setattr(owner, last, with_an_end)


def end_this_node(flag: Path) -> None:
    """Once, and not that of the head: every process of the node at once, as in a power cut."""
    import psutil

    worker = psutil.Process()
    started_by = worker.parents()[1]  # `ray start`, which started the raylet, which started this worker
    if "--head" in started_by.cmdline():
        return
    try:
        flag.touch(exist_ok=False)
    except FileExistsError:
        return
    others = [one for one in started_by.children(recursive=True) if one.pid != worker.pid]
    for process in (started_by, *others, worker):
        process.kill()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4:])
