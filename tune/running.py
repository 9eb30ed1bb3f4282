"""Trials on Ray Tune: as many at once as the cluster holds, quietly, until all are done or somebody stops it."""

from __future__ import annotations

import logging
import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ray.tune import Stopper

from trending.planning.ask import Ask
from trending.planning.workers import trials_that_fit
from tune.recorder import StudyRecorder
from tune.reports import OBJECTIVE
from tune.schedulers import PBT, make_scheduler
from tune.searcher import StudySearcher
from tune.study import Study
from tune.target import Target
from tune.trial import STOP, TrialConfig, TrialRun
from tune.trials import Trials

HEAD_NODE = "node:__internal_head__"
"""Every cluster has one of it, on the node where trials wait for their workers."""
QUIET = {
    "RAY_AIR_NEW_OUTPUT": "0",
    "TUNE_DISABLE_AUTO_CALLBACK_LOGGERS": "1",
    "TUNE_DISABLE_SIGINT_HANDLER": "1",
    "TUNE_PRINT_ALL_TRIAL_ERRORS": "0",
}


def run_trials(
    study: Study,
    target: Target,
    trials: Trials,
    recorder: StudyRecorder,
    *,
    prepare: Callable[[], Any],
    max_concurrent: int | None = None,
) -> None:
    """Run the trials that are left. Ray must be running.

    Raises `KeyboardInterrupt` after Ctrl-C, when the trials under way have been stopped.
    """
    import ray
    from ray import tune

    trainable = tune.with_parameters(
        TrialRun,
        target=target,
        train=study.train,
        folder=study.trials_dir,
        shared=prepare(),
        portable=study.scheduler == PBT,
    )
    gpus = ray.cluster_resources().get("GPU", 0)
    at_once = trials_at_once(target.workers(study.train, gpus), max_concurrent)
    study.trials_dir.mkdir(parents=True, exist_ok=True)
    with _quiet(), _interruptible(study.trials_dir / STOP) as interrupted:
        tune.Tuner(
            # What limits the trials is a share of the head node, not a limit on proposals: trials that HyperBand
            # has paused hold no resources, and must not keep the rest of their bracket from being filled.
            tune.with_resources(trainable, tune.PlacementGroupFactory([{HEAD_NODE: _share(at_once)}])),
            tune_config=tune.TuneConfig(
                metric=OBJECTIVE,
                mode=target.mode,
                search_alg=StudySearcher(trials, target.mode),
                scheduler=make_scheduler(study.scheduler, target.space, study.train.seed),
                num_samples=trials.left,
                trial_dirname_creator=lambda trial: TrialConfig(**trial.config).name,
            ),
            run_config=tune.RunConfig(
                name="tune", storage_path=str(study.folder), callbacks=[recorder], stop=interrupted, verbose=0
            ),
        ).fit()
    if interrupted.stop_all():
        raise KeyboardInterrupt


class Interrupted(Stopper):
    """Ends the search when a file appears, which trials look for, too."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def __call__(self, trial_id: str, result: dict[str, Any]) -> bool:
        """Whether to stop one trial as done: never."""
        return False

    def stop_all(self) -> bool:
        """Whether to stop the search."""
        return self._file.exists()


def trials_at_once(workers: Ask, most: int | None) -> int:
    """How many trials with such workers run at once on the cluster as it is."""
    import ray

    there = ray.cluster_resources()
    fits = trials_that_fit(workers, there.get("CPU", 1), there.get("GPU", 0))
    return max(1, min(fits, most or fits))


def _share(trials: int) -> float:
    """Of the head node for each, so that so many fit and no more; Ray Train needs a thousandth for each, too."""
    return round(1 / (trials + 0.5), 4)


@contextmanager
def _interruptible(file: Path) -> Iterator[Interrupted]:
    """Ctrl-C makes the file; a second one interrupts as usual."""
    file.unlink(missing_ok=True)
    if threading.current_thread() is not threading.main_thread():
        yield Interrupted(file)
        return
    before = signal.getsignal(signal.SIGINT)

    def interrupt(*_: object) -> None:
        signal.signal(signal.SIGINT, before)
        file.touch()

    signal.signal(signal.SIGINT, interrupt)
    try:
        yield Interrupted(file)
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def _quiet() -> Iterator[None]:
    """Ray Tune prints nothing of its own, and writes no tables of its own: there is the study, and MLflow."""
    before = {name: os.environ.get(name) for name in QUIET}
    logger = logging.getLogger("ray.tune")
    level = logger.level
    os.environ.update(QUIET)
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(level)
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
