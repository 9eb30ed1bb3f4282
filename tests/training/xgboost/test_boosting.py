from __future__ import annotations

from pathlib import Path

import pytest

from tests.training.xgboost.rows_to_boost import TRAIN, VALIDATION, with_boosting
from trending.errors import TrainingError
from trending.settings import XGBoostSettings
from trending.training.xgboost.boosting import Rows, boost
from trending.training.xgboost.loop import BoostingState


def test_training_stops_where_validation_gets_no_better_and_keeps_the_best_round(
    ray_cluster: str, tmp_path: Path
) -> None:
    opposite = Rows(VALIDATION.features, ~VALIDATION.labels, VALIDATION.weights)
    chosen = with_boosting(num_workers=1, rounds=50, early_stopping_rounds=3)
    assert boost(TRAIN, opposite, chosen, tmp_path / "run").num_boosted_rounds() == 1


def test_a_gpu_that_no_node_has_is_refused_at_once(ray_cluster: str, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match=r"2 worker.*cluster has 0"):
        boost(TRAIN, VALIDATION, with_boosting(device="cuda"), tmp_path / "run")


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
