"""Boosting on Ray Train beside plain `xgboost.train`: the same matrix, parameters, rounds and threads."""

from __future__ import annotations

import json
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from ray.train import UserCallback

from trending.settings import TrainSettings, XGBoostSettings
from trending.training.xgboost.boosting import boost
from trending.training.xgboost.loop import boosting_parameters
from trending.training.xgboost.rows import Rows, stage

if TYPE_CHECKING:
    from ray.train import Checkpoint
    from ray.train.v2._internal.execution.context import TrainRunContext

THREADS = 2
WIDTH, GENRES = 100, 4
VALIDATION_ROWS = 50_000


@dataclass(frozen=True)
class Boosted:
    """One way to boost."""

    name: str
    seconds: float
    """Everything from rows at hand to a booster."""
    boosting: float
    """Of it, growing trees and looking at validation."""
    loss: float
    """Log loss on validation after the last round."""


class LastReport(UserCallback):
    """Writes down what the workers reported last. Ray Train calls it in its controller."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def after_report(
        self, run_context: TrainRunContext, metrics: list[dict[str, Any]], checkpoint: Checkpoint | None
    ) -> None:
        """Of the first worker."""
        self.file.write_text(json.dumps(metrics[0]), encoding="utf-8")


def make_rows(count: int, *, seed: int) -> Rows:
    """Genres that follow from sums and products of a few features, with noise; many features say nothing."""
    random = np.random.default_rng(seed)
    features = random.random((count, WIDTH), np.float32)
    signal = np.stack(
        [features[:, 4 * g] * features[:, 4 * g + 1] + features[:, 4 * g + 2] for g in range(GENRES)], axis=1
    )
    labels = signal + 0.2 * random.standard_normal((count, GENRES), np.float32) > 0.9
    return Rows(features, labels, np.ones(count, np.float32))


def boosted(rows: int, rounds: int) -> list[Boosted]:
    """Each way once, on `rows` rows. Ray must be running."""
    train, validation = make_rows(rows, seed=1), make_rows(VALIDATION_ROWS, seed=2)
    # Every row and column in every tree: with nothing left to draws, the quality must agree.
    settings = XGBoostSettings(
        rounds=rounds,
        early_stopping_rounds=rounds,
        checkpoint_every=rounds,
        subsample=1.0,
        colsample_bytree=1.0,
    )
    found = [by_package(train, validation, settings)]
    for workers in (1, 2):
        chosen = settings.model_copy(update={"num_workers": workers})
        found.append(by_ray(train, validation, chosen))
    return found


def by_package(train: Rows, validation: Rows, settings: XGBoostSettings) -> Boosted:
    """`xgboost.train` in this process."""
    import xgboost

    began = time.perf_counter()
    bins = {"max_bin": settings.max_bin, "nthread": THREADS}
    matrix = xgboost.QuantileDMatrix(train.features, label=train.labels, weight=train.weights, **bins)
    held = xgboost.QuantileDMatrix(
        validation.features, label=validation.labels, weight=validation.weights, ref=matrix, **bins
    )
    results: dict[str, Any] = {}
    started = time.perf_counter()
    xgboost.train(
        boosting_parameters(settings) | {"nthread": THREADS, "seed": TrainSettings().seed},
        matrix,
        num_boost_round=settings.rounds,
        evals=[(held, "validation")],
        evals_result=results,
        verbose_eval=False,
    )
    ended = time.perf_counter()
    return Boosted(
        "xgboost.train, 2 threads", ended - began, ended - started, results["validation"]["logloss"][-1]
    )


def by_ray(train: Rows, validation: Rows, settings: XGBoostSettings) -> Boosted:
    """`boost`, which starts workers, checkpoints and goes on from what it saved."""
    workers = settings.num_workers
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        files = stage(train, folder / "train", workers), stage(validation, folder / "validation", workers)
        last = LastReport(folder / "said")
        began = time.perf_counter()
        boost(*files, TrainSettings(xgboost=settings), folder / "run", callbacks=[last])
        seconds = time.perf_counter() - began
        told = json.loads(last.file.read_text(encoding="utf-8"))
    name = f"Ray Train, {workers} worker{'s' * (workers > 1)}, {THREADS // workers} thread(s) each"
    spent = told["seconds/boosting"] + told["seconds/validation"]
    return Boosted(name, seconds, spent, told["loss"])
