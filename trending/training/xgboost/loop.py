"""What each Ray Train worker does: boost, watch validation, checkpoint, stop in time.

A training that was interrupted ends with the same trees, bit for bit, as one that was not. XGBoost by itself does
not give that: what it has drawn so far (which columns, which rows) is not in a saved booster, so a loaded one goes on
otherwise. Therefore every training lives only from checkpoint to checkpoint: after each one, all workers go on with
the booster as it was saved, exactly as they would after a loss.
"""

from __future__ import annotations

import json
import os
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trending.settings import XGBoostSettings
from trending.training.xgboost.rows import RowFiles

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
    loss: float = float("inf")
    """The same, of the last round."""
    rounds_before: int = 0
    """Rounds of the booster that the training started from; the others are counted from there."""

    def observe(self, loss: float) -> None:
        """One more round is done, with this loss on validation."""
        self.loss = loss
        if loss < self.best_loss:
            self.best_loss, self.best_round = loss, self.rounds_done
        self.rounds_done += 1

    def finished(self, settings: XGBoostSettings) -> bool:
        """All rounds are done, or the last `early_stopping_rounds` brought nothing."""
        waited = self.rounds_done - 1 - self.best_round
        return self.rounds_done >= settings.rounds or waited >= settings.early_stopping_rounds

    def best_of(self, booster: xgboost.Booster) -> xgboost.Booster:
        """The booster up to the best round."""
        return booster[: self.rounds_before + self.best_round + 1]


def train_loop(config: Mapping[str, Any]) -> None:
    """Runs on every worker. A restarted worker goes on from the last checkpoint with the rounds that are left.

    Reports, every `checkpoint_every` rounds and at the end: the fields of `BoostingState`, and the seconds that
    this worker has spent since its start on `seconds/matrix`, `boosting`, `validation` and `checkpoint`.
    """
    settings: XGBoostSettings = config["settings"]
    _free_threads()
    seconds: dict[str, float] = defaultdict(float)
    with tempfile.TemporaryDirectory() as cache:
        with _timed(seconds, "matrix"):
            train, validation = _matrices(config, Path(cache))
        parameters = _parameters(config)
        booster, state = _beginning(config["start"], parameters, train, validation)
        while not state.finished(settings):
            with _timed(seconds, "boosting"):
                booster.update(train, state.rounds_before + state.rounds_done)
            with _timed(seconds, "validation"):
                state.observe(_loss(booster, validation))
            if state.finished(settings) or state.rounds_done % settings.checkpoint_every == 0:
                with _timed(seconds, "checkpoint"):
                    saved = booster.save_raw("ubj")
                    _report(saved, state, seconds)
                    booster = _loaded(saved, parameters, [train, validation])


def read_checkpoint(folder: Path) -> tuple[bytearray, BoostingState]:
    """Booster (UBJ) and state of a checkpoint."""
    state = BoostingState(**json.loads((folder / STATE).read_text(encoding="utf-8")))
    return bytearray((folder / BOOSTER).read_bytes()), state


def _matrices(config: Mapping[str, Any], cache: Path) -> tuple[xgboost.DMatrix, xgboost.DMatrix]:
    """This worker's part of the training and of the validation rows."""
    import ray.train

    from trending.training.xgboost.matrix import binned

    context = ray.train.get_context()
    rank, workers = context.get_world_rank(), context.get_world_size()
    settings: XGBoostSettings = config["settings"]

    def matrix(name: str, like: xgboost.DMatrix | None = None) -> xgboost.DMatrix:
        kept_in = cache / name if settings.external_memory else None
        rows: RowFiles = config[name].part(rank, workers)
        return binned(rows, max_bin=settings.max_bin, threads=_threads(), like=like, cache=kept_in)

    train = matrix("train")
    return train, matrix("validation", like=train)


def _beginning(
    start: bytes | None, parameters: dict[str, Any], train: xgboost.DMatrix, validation: xgboost.DMatrix
) -> tuple[xgboost.Booster, BoostingState]:
    """From the last checkpoint, else from the booster that was given, else from nothing."""
    import ray.train
    import xgboost

    if checkpoint := ray.train.get_checkpoint():
        with checkpoint.as_directory() as folder:
            saved, state = read_checkpoint(Path(folder))
        return _loaded(saved, parameters, [train, validation]), state
    if start is None:
        return xgboost.Booster(parameters, [train, validation]), BoostingState()
    booster = _loaded(bytearray(start), parameters, [train, validation])
    loss = _loss(booster, validation)
    return booster, BoostingState(best_loss=loss, loss=loss, rounds_before=booster.num_boosted_rounds())


def _loaded(
    saved: bytearray, parameters: dict[str, Any], matrices: Sequence[xgboost.DMatrix]
) -> xgboost.Booster:
    import xgboost

    booster = xgboost.Booster(parameters, matrices)
    booster.load_model(saved)
    booster.set_param(parameters)
    return booster


def _threads() -> int:
    """This worker's share of its machine."""
    import ray.train

    return max(1, (os.cpu_count() or 1) // ray.train.get_context().get_local_world_size())


def _free_threads() -> None:
    """Ray starts workers with one OpenMP thread for each of their CPUs, and XGBoost never takes more than that,
    whatever `nthread` says."""
    from threadpoolctl import threadpool_limits

    threadpool_limits(_threads(), user_api="openmp")


def _parameters(config: Mapping[str, Any]) -> dict[str, Any]:
    settings: XGBoostSettings = config["settings"]
    return boosting_parameters(settings) | {
        "device": config["device"],
        "nthread": _threads(),
        "seed": config["seed"],
        # What is drawn in a round depends on the round, not on how many were done since the start.
        "seed_per_iteration": True,
    }


def boosting_parameters(settings: XGBoostSettings) -> dict[str, Any]:
    """What XGBoost is told about the trees, whoever runs it."""
    names = (
        *("learning_rate", "max_depth", "min_child_weight", "subsample", "colsample_bytree"),
        *("reg_lambda", "max_bin"),
    )
    return {
        "objective": "binary:logistic",
        "eval_metric": "logloss",
        "tree_method": "hist",
        "multi_strategy": "one_output_per_tree",
        **{name: getattr(settings, name) for name in names},
    }


def _loss(booster: xgboost.Booster, validation: xgboost.DMatrix) -> float:
    """Over the rows of all workers: the number in XGBoost's `[12]\\tvalidation-logloss:0.16192`."""
    return float(booster.eval_set([(validation, "validation")]).rpartition(":")[2])


@contextmanager
def _timed(seconds: dict[str, float], what: str) -> Iterator[None]:
    began = time.perf_counter()
    yield
    seconds[what] += time.perf_counter() - began


def _report(saved: bytearray, state: BoostingState, seconds: Mapping[str, float]) -> None:
    """All workers report; the first one brings the checkpoint."""
    import ray.train

    metrics = asdict(state) | {f"seconds/{what}": value for what, value in seconds.items()}
    if ray.train.get_context().get_world_rank() != 0:
        ray.train.report(metrics)
        return
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / BOOSTER).write_bytes(saved)
        (Path(folder) / STATE).write_text(json.dumps(asdict(state)), encoding="utf-8")
        ray.train.report(metrics, checkpoint=ray.train.Checkpoint.from_directory(folder))
