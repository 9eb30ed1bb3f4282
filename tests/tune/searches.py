"""A search that is quick: real boosting of one worker on few rows, by values that are known to be good or bad."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from trending.settings import Settings, TrainSettings, XGBoostSettings
from trending.training.xgboost.rows import Rows, stage
from tune.spaces import Choice, Space
from tune.study import Study
from tune.tracking import new_parent
from tune.xgboost_target import SharedRows, XGBoostTarget

ROUNDS = 18
GOOD, BAD = 0.3, 1e-4
"""Learning rates: of the one the loss falls at once, of the other never."""


@dataclass(frozen=True)
class QuickTarget(XGBoostTarget):
    """Trials differ in their learning rate alone, not in their rounds."""

    rates: tuple[float, ...] = (GOOD, BAD)
    rounds_by_rate: bool = False

    @property
    def space(self) -> Space:
        return {"xgboost.learning_rate": Choice(self.rates)}


def quick_settings(home: Path) -> Settings:
    boosting = XGBoostSettings(rounds=ROUNDS, num_workers=1, early_stopping_rounds=ROUNDS)
    return Settings(home=home, train=TrainSettings(xgboost=boosting))


def quick_study(settings: Settings, *, trials: int, scheduler: str = "hyperband") -> Study:
    """On record, with a run in MLflow, and no trial yet."""
    study = Study(
        model="xgboost",
        snapshot_id=1,
        time_split=False,
        trials=trials,
        scheduler=scheduler,
        search="random",
        train=settings.train,
        run_id=new_parent(settings, "quick", model="xgboost", snapshot_id=1, parameters={}),
        folder=settings.tuning_dir / "quick",
    )
    study.write()
    return study


def quick_rows(study: Study) -> SharedRows:
    """Genre 0 follows from feature 0, genre 1 from features 1 and 2."""

    def rows(count: int, seed: int) -> Rows:
        features = np.random.default_rng(seed).random((count, 5), np.float32)
        labels = np.stack([features[:, 0] > 0.6, features[:, 1] + features[:, 2] > 1.2], axis=1)
        return Rows(features, labels, np.ones(count, np.float32))

    folder = study.shared_dir
    return SharedRows(stage(rows(300, 1), folder / "train", 1), stage(rows(90, 2), folder / "validation", 1))
