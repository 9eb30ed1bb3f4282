"""Boosting across workers with Ray Train."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from trending.models.base import Labels
from trending.settings import TrainSettings
from trending.training.ray_train import gpus_for, run_config
from trending.training.xgboost.loop import read_checkpoint, train_loop, train_part

if TYPE_CHECKING:
    import xgboost
    from ray.data import Dataset
    from ray.train import UserCallback


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
    train: Rows,
    validation: Rows,
    settings: TrainSettings,
    folder: Path,
    *,
    callbacks: Sequence[UserCallback] = (),
    loop: Callable[[Any], None] = train_loop,
) -> xgboost.Booster:
    """The booster up to its best round on validation. Each worker boosts on its own part of `train`.

    Ray must be running. Checkpoints are kept in `folder`; if there are any, boosting goes on from the last.
    """
    from ray.train import DataConfig, ScalingConfig
    from ray.train.xgboost import XGBoostTrainer

    chosen = settings.xgboost
    workers = chosen.num_workers
    use_gpu = gpus_for(chosen.device, workers)
    parts = {train_part(rank): _dataset(train.every(workers, rank)) for rank in range(workers)}
    trainer = XGBoostTrainer(
        loop,
        train_loop_config={
            "settings": chosen,
            "seed": settings.seed,
            "threads": max(1, (os.cpu_count() or 1) // workers),
            "device": "cuda" if use_gpu else "cpu",
        },
        datasets={**parts, "validation": _dataset(validation)},
        # Ray would deal the rows out as blocks come, differently each time, and drop what does not divide
        # evenly. Each worker reads its own part instead, so that the same rows give the same model.
        dataset_config=DataConfig(datasets_to_split=[]),
        scaling_config=ScalingConfig(num_workers=workers, use_gpu=use_gpu),
        run_config=run_config(folder, callbacks=callbacks),
    )
    checkpoint = trainer.fit().checkpoint
    assert checkpoint is not None
    booster, state = read_checkpoint(Path(checkpoint.path))
    return booster[: state.best_round + 1]


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
