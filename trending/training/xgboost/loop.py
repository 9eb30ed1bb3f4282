"""What each Ray Train worker does: boost, watch validation, checkpoint, stop in time."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from trending.settings import XGBoostSettings

if TYPE_CHECKING:
    import xgboost

BOOSTER = "booster.ubj"
STATE = "state.json"


@dataclass
class BoostingState:
    """Where the training stands; travels in every checkpoint."""

    rounds_done: int = 0
    best_round: int = -1
    best_loss: float = float("inf")
    """Log loss on validation, mean over titles and genres."""

    def observe(self, loss: float) -> None:
        """One more round is done, with this loss on validation."""
        if loss < self.best_loss:
            self.best_loss, self.best_round = loss, self.rounds_done
        self.rounds_done += 1

    def finished(self, settings: XGBoostSettings) -> bool:
        """All rounds are done, or the last `early_stopping_rounds` brought nothing."""
        waited = self.rounds_done - 1 - self.best_round
        return self.rounds_done >= settings.rounds or waited >= settings.early_stopping_rounds


def train_loop(config: Mapping[str, Any]) -> None:
    """Runs on every worker. A restarted worker goes on from the last checkpoint with the rounds that are left."""
    import ray.train
    import xgboost

    settings: XGBoostSettings = config["settings"]
    rank = ray.train.get_context().get_world_rank()
    train = xgboost.QuantileDMatrix(**_columns(train_part(rank)), max_bin=settings.max_bin)
    validation = xgboost.DMatrix(**_columns("validation"))
    booster = xgboost.Booster(_parameters(config), [train, validation])
    state = BoostingState()
    if checkpoint := ray.train.get_checkpoint():
        with checkpoint.as_directory() as folder:
            booster.load_model(Path(folder) / BOOSTER)
            booster.set_param(_parameters(config))
            state = BoostingState(**json.loads((Path(folder) / STATE).read_text(encoding="utf-8")))
    while not state.finished(settings):
        booster.update(train, state.rounds_done)
        state.observe(_loss(booster.eval_set([(validation, "validation")], state.rounds_done)))
        if state.finished(settings) or state.rounds_done % settings.checkpoint_every == 0:
            _report(booster, state)


def read_checkpoint(folder: Path) -> tuple[xgboost.Booster, BoostingState]:
    """Booster and state of the last checkpoint of a finished training."""
    import xgboost

    state = BoostingState(**json.loads((folder / STATE).read_text(encoding="utf-8")))
    return xgboost.Booster(model_file=folder / BOOSTER), state


def train_part(rank: int) -> str:
    """Name of the dataset with the training rows of one worker."""
    return f"train-{rank}"


def _columns(name: str) -> dict[str, np.ndarray]:
    """`data` `[n, width]`, `label` `[n, genres]` and `weight` `[n]` of a dataset, in its order."""
    import pyarrow as pa
    import ray.train

    shard = ray.train.get_dataset_shard(name)
    assert shard is not None
    rows = pa.concat_tables(shard.iter_batches(batch_size=4096, batch_format="pyarrow")).combine_chunks()

    def matrix(column: str) -> np.ndarray:
        flat = rows[column].combine_chunks().flatten()
        return flat.to_numpy(zero_copy_only=False).reshape(rows.num_rows, -1)

    return {"data": matrix("features"), "label": matrix("labels"), "weight": rows["weight"].to_numpy()}


def _parameters(config: Mapping[str, Any]) -> dict[str, Any]:
    settings: XGBoostSettings = config["settings"]
    names = (
        *("learning_rate", "max_depth", "min_child_weight", "subsample", "colsample_bytree"),
        *("reg_lambda", "max_bin"),
    )
    return {
        "objective": "binary:logistic",
        "eval_metric": "logloss",
        "tree_method": "hist",
        "multi_strategy": "one_output_per_tree",
        "device": config["device"],
        "nthread": config["threads"],
        "seed": config["seed"],
        # A resumed training draws the same rows and columns as one that was never interrupted.
        "seed_per_iteration": True,
        **{name: getattr(settings, name) for name in names},
    }


def _loss(evaluation: str) -> float:
    """The number in XGBoost's `[12]\\tvalidation-logloss:0.16192`."""
    return float(evaluation.rpartition(":")[2])


def _report(booster: xgboost.Booster, state: BoostingState) -> None:
    """All workers report; the first one brings the checkpoint."""
    import ray.train

    metrics = asdict(state)
    if ray.train.get_context().get_world_rank() != 0:
        ray.train.report(metrics)
        return
    with tempfile.TemporaryDirectory() as folder:
        booster.save_model(Path(folder) / BOOSTER)
        (Path(folder) / STATE).write_text(json.dumps(metrics), encoding="utf-8")
        ray.train.report(metrics, checkpoint=ray.train.Checkpoint.from_directory(folder))
