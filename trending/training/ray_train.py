"""What every training on Ray Train shares: where it keeps its checkpoints, what it survives, its devices."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from trending.errors import TrainingError
from trending.planning.ask import Ask
from trending.planning.workers import wants_gpu
from trending.settings.resources import Device

if TYPE_CHECKING:
    from ray.train import RunConfig, ScalingConfig, UserCallback

MAX_FAILURES = 2
"""Workers that may be lost before the training is given up; each time it goes on from the last checkpoint."""

POLL_S = "1"
"""Seconds between two looks of Ray Train at its workers."""


def run_config(folder: Path, *, callbacks: Sequence[UserCallback] = ()) -> RunConfig:
    """A run that keeps its checkpoints in `folder`, and goes on from them if it finds any there."""
    from ray.train import CheckpointConfig, FailureConfig, RunConfig

    _quicken()
    return RunConfig(
        name=folder.name,
        storage_path=str(folder.parent),
        failure_config=FailureConfig(max_failures=MAX_FAILURES),
        checkpoint_config=CheckpointConfig(num_to_keep=2),
        callbacks=list(callbacks),
    )


def scaling_config(workers: Ask, *, elastic_check_s: float = 60.0) -> ScalingConfig:
    """The workers, as Ray Train takes them. `elastic_check_s`: seconds between two looks for room for more."""
    from ray.train import ScalingConfig

    least, most = workers.least, workers.at_most
    return ScalingConfig(
        num_workers=most if least == most else (least, most),
        use_gpu=workers.gpus > 0,
        resources_per_worker=workers.resources,
        accelerator_type=workers.accelerator_type,
        placement_strategy=workers.placement or "PACK",
        elastic_resize_monitor_interval_s=elastic_check_s,
    )


class Trainer(Protocol):
    """A trainer of Ray Train."""

    def fit(self) -> Any:
        """Train; its `Result`."""
        ...


def run_to_end(trainer: Trainer) -> Any:
    """`trainer.fit()`, after which Ctrl-C is what it was before.

    Ray Train takes Ctrl-C for itself: it ends the process with status 0 in the middle of a training, and goes on
    doing so after it. Here Ctrl-C raises `KeyboardInterrupt`, in a training and after it.
    """
    if threading.current_thread() is not threading.main_thread():
        return trainer.fit()  # only the main thread hears signals
    before = signal.getsignal(signal.SIGINT)
    try:
        return trainer.fit()
    except SystemExit as stop:
        raise KeyboardInterrupt from stop
    finally:
        if before is not None:  # None: not set from Python, and not to be set back from it
            signal.signal(signal.SIGINT, before)


def _quicken() -> None:
    """Workers wait with a report until the last one was seen; and one node has no other to be drained to.

    What is set in the environment stays. Ray Train hands these two on to its controller and workers.
    """
    import ray

    os.environ.setdefault("RAY_TRAIN_HEALTH_CHECK_INTERVAL_S", POLL_S)
    if len(ray.nodes()) == 1:
        os.environ.setdefault("RAY_TRAIN_ENABLE_PREEMPTION_WATCHER", "0")


def gpus_for(device: Device, workers: int) -> bool:
    """Whether to ask Ray for a GPU for every worker, or for none. Ray must be running.

    Raises `TrainingError` where `device` is `cuda` and the cluster, grown as far as it can, lacks the GPUs:
    Ray would wait for them for ever.
    """
    import ray

    if device == "cuda" and (gpus := _most_gpus()) < workers:
        raise TrainingError(
            f"device is {device} and {workers} worker(s) need a GPU each, but Ray's cluster has {gpus:g}. Use a "
            "cluster with GPUs, fewer workers, or device auto or cpu."
        )
    return wants_gpu(device, workers, ray.cluster_resources().get("GPU", 0))


def on_workers(number: int | tuple[int, int], device: Device) -> str:
    """For a message: `on 2 workers`, and why no GPU is used where there are some. Ray must be running."""
    import ray

    least, most = (number, number) if isinstance(number, int) else number
    text = f"on {most} worker{'s' * (most > 1)}" if least == most else f"on {least} to {most} workers"
    gpus = ray.cluster_resources().get("GPU", 0)
    if device == "auto" and 0 < gpus < least:
        text += f" without a GPU ({gpus:g} cannot be shared by {least} workers)"
    return text


def _most_gpus() -> float:
    """Of the cluster as it is, or as its autoscaler may make it."""
    import ray
    from ray._private.state import state  # there is no public way to ask what an autoscaler may add

    limits = state.get_max_resources_from_cluster_config() or {}
    return max(ray.cluster_resources().get("GPU", 0), limits.get("GPU", 0))
