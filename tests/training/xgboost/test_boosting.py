from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xgboost

from trending.settings import TrainSettings, XGBoostSettings
from trending.training.xgboost import loop as xgboost_loop
from trending.training.xgboost.boosting import Rows, boost
from trending.training.xgboost.loop import BoostingState

ROUNDS = 6


def make_rows(count: int, *, seed: int) -> Rows:
    """Genre 0 follows from feature 0, genre 1 from features 1 and 2; nobody has genre 2."""
    features = np.random.default_rng(seed).random((count, 5), np.float32)
    labels = np.stack([features[:, 0] > 0.6, features[:, 1] + features[:, 2] > 1.2], axis=1)
    labels = np.hstack([labels, np.zeros((count, 1), bool)])
    return Rows(features, labels, np.ones(count, np.float32))


TRAIN, VALIDATION = make_rows(301, seed=1), make_rows(90, seed=2)


def with_boosting(**values: float) -> TrainSettings:
    boosting = XGBoostSettings(**{"rounds": ROUNDS, "checkpoint_every": 2, **values})  # pyright: ignore
    return TrainSettings(xgboost=boosting)


def predict(booster: xgboost.Booster) -> np.ndarray:
    return booster.predict(xgboost.DMatrix(VALIDATION.features))


def loop_that_dies_once(marker: Path) -> Callable[[dict[str, Any]], None]:
    """The training loop, with a worker process that is lost right after the second checkpoint."""

    def loop(config: dict[str, Any]) -> None:  # nested, so that it travels to the workers by value
        original = xgboost_loop._report

        def report(booster: xgboost.Booster, state: BoostingState) -> None:
            original(booster, state)
            with marker.with_name("rounds").open("a") as rounds:
                rounds.write(f"{state.rounds_done}\n")
            if state.rounds_done == 4 and not marker.exists():
                marker.touch()
                os._exit(1)

        xgboost_loop._report = report
        xgboost_loop.train_loop(config)

    return loop


def test_a_lost_worker_costs_only_the_rounds_since_the_last_checkpoint(
    ray_cluster: str, tmp_path: Path
) -> None:
    chosen, marker = with_boosting(), tmp_path / "died"
    booster = boost(TRAIN, VALIDATION, chosen, tmp_path / "run", loop=loop_that_dies_once(marker))
    assert marker.exists()
    assert booster.num_boosted_rounds() == ROUNDS
    reported = (tmp_path / "rounds").read_text().split()
    assert reported.count("2") <= 2, "each of the two workers comes by its first checkpoint once"
    found = predict(booster)
    assert ((found[:, :2] > 0.5) == VALIDATION.labels[:, :2]).mean() > 0.8
    assert (found[:, 2] < 0.2).all(), "a genre that nobody has is never likely"


def test_the_same_rows_give_the_same_trees(ray_cluster: str, tmp_path: Path) -> None:
    chosen = with_boosting()
    first, second = (boost(TRAIN, VALIDATION, chosen, tmp_path / name) for name in ("first", "second"))
    assert first.get_dump(with_stats=True) == second.get_dump(with_stats=True)


def test_training_stops_where_validation_gets_no_better_and_keeps_the_best_round(
    ray_cluster: str, tmp_path: Path
) -> None:
    opposite = Rows(VALIDATION.features, ~VALIDATION.labels, VALIDATION.weights)
    chosen = with_boosting(num_workers=1, rounds=50, early_stopping_rounds=3)
    assert boost(TRAIN, opposite, chosen, tmp_path / "run").num_boosted_rounds() == 1


@pytest.mark.parametrize(
    ("losses", "rounds", "best", "finished"),
    [
        ([0.5, 0.4, 0.3], 9, 2, False),
        ([0.5, 0.4, 0.41, 0.42], 9, 1, True),
        ([0.5, 0.4, 0.41, 0.39], 9, 3, False),
        ([0.5, 0.4, 0.3], 3, 2, True),
    ],
)
def test_boosting_ends_after_all_rounds_or_when_patience_does(
    losses: list[float], rounds: int, best: int, finished: bool
) -> None:
    state = BoostingState()
    for loss in losses:
        state.observe(loss)
    assert (state.best_round, state.rounds_done) == (best, len(losses))
    assert state.finished(XGBoostSettings(rounds=rounds, early_stopping_rounds=2)) is finished


def test_the_parts_of_the_workers_are_all_rows_once() -> None:
    parts = [TRAIN.every(3, rank) for rank in range(3)]
    assert sum(len(part.features) for part in parts) == len(TRAIN.features)
    together = np.vstack([part.features for part in parts])
    np.testing.assert_array_equal(np.sort(together, axis=0), np.sort(TRAIN.features, axis=0))
