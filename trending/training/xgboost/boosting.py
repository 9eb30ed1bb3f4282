"""Boosting across workers with Ray Train."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from trending.models.base import Labels
from trending.settings import Settings
from trending.training.xgboost.loop import read_checkpoint, train_loop, train_part

if TYPE_CHECKING:
    import xgboost
    from ray.data import Dataset

MAX_FAILURES = 2
"""Workers that may be lost before the training is given up; each time it goes on from the last checkpoint."""


@dataclass(frozen=True)
class Rows:
    """Features `[n, width]`, labels `[n, genres]` and weights `[n]` of some titles."""

    features: npt.NDArray[np.float32]
    labels: Labels
    weights: npt.NDArray[np.float32]

    def every(self, step: int, start: int) -> Rows:
        """Every `step`-th row from `start` on."""
        chosen = slice(start, None, step)
        return Rows(self.features[chosen], self.labels[chosen], self.weights[chosen])


def boost(
    train: Rows, validation: Rows, settings: Settings, *, loop: Callable[[Any], None] = train_loop
) -> xgboost.Booster:
    """The booster up to its best round on validation. Each worker boosts on its own part of `train`.

    Ray must be running. What is under `ray_results` during the training is gone after it.
    """
    from ray.train.xgboost import XGBoostTrainer

    workers = settings.train.xgboost.num_workers
    use_gpu = _gpus_for(settings)
    parts = {train_part(rank): _dataset(train.every(workers, rank)) for rank in range(workers)}
    name = f"xgboost-{uuid.uuid4().hex[:12]}"
    trainer = XGBoostTrainer(
        loop,
        train_loop_config={
            "settings": settings.train.xgboost,
            "seed": settings.train.seed,
            "threads": max(1, (os.cpu_count() or 1) // workers),
            "device": "cuda" if use_gpu else "cpu",
        },
        datasets={**parts, "validation": _dataset(validation)},
        **_configs(settings, name, use_gpu=use_gpu),
    )
    try:
        checkpoint = trainer.fit().checkpoint
        assert checkpoint is not None
        booster, state = read_checkpoint(Path(checkpoint.path))
    finally:
        shutil.rmtree(settings.ray_results_dir / name, ignore_errors=True)
    return booster[: state.best_round + 1]


def _configs(settings: Settings, name: str, *, use_gpu: bool) -> dict[str, Any]:
    from ray.train import CheckpointConfig, DataConfig, FailureConfig, RunConfig, ScalingConfig

    return {
        # Ray would deal the rows out as blocks come, differently each time, and drop what does not divide
        # evenly. Each worker reads its own part instead, so that the same rows give the same model.
        "dataset_config": DataConfig(datasets_to_split=[]),
        "scaling_config": ScalingConfig(num_workers=settings.train.xgboost.num_workers, use_gpu=use_gpu),
        "run_config": RunConfig(
            name=name,
            storage_path=str(settings.ray_results_dir),
            failure_config=FailureConfig(max_failures=MAX_FAILURES),
            checkpoint_config=CheckpointConfig(num_to_keep=2),
        ),
    }


def _gpus_for(settings: Settings) -> bool:
    """A GPU for every worker, or none for any."""
    import ray

    chosen = settings.train.xgboost
    return chosen.device != "cpu" and ray.cluster_resources().get("GPU", 0) >= chosen.num_workers


def _dataset(rows: Rows) -> Dataset:
    import ray

    table = pa.table(
        {
            "features": _vectors(rows.features),
            "labels": _vectors(rows.labels),
            "weight": pa.array(rows.weights, pa.float32()),
        }
    )
    return ray.data.from_arrow(table)


def _vectors(matrix: npt.NDArray[Any]) -> pa.FixedSizeListArray:
    flat = pa.array(np.ascontiguousarray(matrix, np.float32).reshape(-1))
    return pa.FixedSizeListArray.from_arrays(flat, matrix.shape[1])
