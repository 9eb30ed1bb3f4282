"""What every training on Ray Train shares: where it keeps its checkpoints, what it survives, its devices."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ray.train import RunConfig, UserCallback

MAX_FAILURES = 2
"""Workers that may be lost before the training is given up; each time it goes on from the last checkpoint."""


def run_config(folder: Path, *, callbacks: Sequence[UserCallback] = ()) -> RunConfig:
    """A run that keeps its checkpoints in `folder`, and goes on from them if it finds any there."""
    from ray.train import CheckpointConfig, FailureConfig, RunConfig

    return RunConfig(
        name=folder.name,
        storage_path=str(folder.parent),
        failure_config=FailureConfig(max_failures=MAX_FAILURES),
        checkpoint_config=CheckpointConfig(num_to_keep=2),
        callbacks=list(callbacks),
    )


def gpus_for(device: str, workers: int) -> bool:
    """A GPU for every worker, or none for any. `device` is `auto`, `cpu` or `cuda`; Ray must be running."""
    import ray

    return device == "cuda" or (device == "auto" and ray.cluster_resources().get("GPU", 0) >= workers)
