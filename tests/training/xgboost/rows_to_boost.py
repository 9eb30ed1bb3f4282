"""Small rows whose genres follow from their features, and settings to boost on them quickly."""

from __future__ import annotations

import numpy as np
import xgboost

from trending.settings import TrainSettings, XGBoostSettings
from trending.training.xgboost.boosting import Rows

ROUNDS = 6


def make_rows(count: int, *, seed: int) -> Rows:
    """Genre 0 follows from feature 0, genre 1 from features 1 and 2; nobody has genre 2."""
    features = np.random.default_rng(seed).random((count, 5), np.float32)
    labels = np.stack([features[:, 0] > 0.6, features[:, 1] + features[:, 2] > 1.2], axis=1)
    labels = np.hstack([labels, np.zeros((count, 1), bool)])
    return Rows(features, labels, np.ones(count, np.float32))


TRAIN, VALIDATION = make_rows(301, seed=1), make_rows(90, seed=2)


def with_boosting(**values: float | str) -> TrainSettings:
    """Few rounds with a checkpoint after every second."""
    boosting = XGBoostSettings(**{"rounds": ROUNDS, "checkpoint_every": 2, **values})  # pyright: ignore[reportArgumentType]
    return TrainSettings(xgboost=boosting)


def predict(booster: xgboost.Booster) -> np.ndarray:
    """Probabilities of the validation rows."""
    return booster.predict(xgboost.DMatrix(VALIDATION.features))


def assert_same(found: xgboost.Booster, expected: xgboost.Booster) -> None:
    """The same trees with the same gains, and the same answers to the last bit."""
    assert found.num_boosted_rounds() == expected.num_boosted_rounds()
    assert found.get_dump(with_stats=True) == expected.get_dump(with_stats=True)
    np.testing.assert_array_equal(predict(found), predict(expected))
