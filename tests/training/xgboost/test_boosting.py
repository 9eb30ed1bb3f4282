from __future__ import annotations

from pathlib import Path

import pytest
import xgboost
from sklearn.metrics import roc_auc_score

from tests.training.xgboost.rows_to_boost import (
    TRAIN,
    VALIDATION,
    assert_same,
    predict,
    with_boosting,
)
from trending.errors import TrainingError
from trending.settings import XGBoostSettings
from trending.training.xgboost.boosting import Rows, boost
from trending.training.xgboost.loop import BoostingState
from trending.training.xgboost.rows import stage


def test_training_stops_where_validation_gets_no_better_and_keeps_the_best_round(
    ray_cluster: str, tmp_path: Path
) -> None:
    opposite = Rows(VALIDATION.features, ~VALIDATION.labels, VALIDATION.weights)
    chosen = with_boosting(num_workers=1, rounds=50, early_stopping_rounds=3)
    assert boost(TRAIN, opposite, chosen, tmp_path / "run").num_boosted_rounds() == 1


@pytest.mark.slow
def test_a_job_that_died_after_its_last_checkpoint_has_nothing_left_to_train(
    ray_cluster: str, tmp_path: Path
) -> None:
    booster, again = (boost(TRAIN, VALIDATION, with_boosting(), tmp_path / "run") for _ in range(2))
    assert_same(again, booster)


def test_workers_train_on_files_that_the_driver_never_reads_with_their_bins_on_disk(
    ray_cluster: str, tmp_path: Path
) -> None:
    files = stage(TRAIN, tmp_path / "train", 3), stage(VALIDATION, tmp_path / "validation", 2)
    booster = boost(*files, with_boosting(external_memory=True), tmp_path / "run")
    found = predict(booster)
    for genre in (0, 1):
        assert roc_auc_score(VALIDATION.labels[:, genre], found[:, genre]) > 0.85
    assert (found[:, 2] < 0.2).all(), "a genre that nobody has is never likely"


def test_fewer_files_than_workers_are_refused(ray_cluster: str, tmp_path: Path) -> None:
    files = stage(TRAIN, tmp_path / "train", 1)
    with pytest.raises(TrainingError, match=r"1 file\(s\) of rows cannot be shared by 2 workers"):
        boost(files, VALIDATION, with_boosting(), tmp_path / "run")


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


def test_a_champion_that_no_round_makes_better_is_kept_as_it_was() -> None:
    matrix = xgboost.DMatrix(TRAIN.features, label=TRAIN.labels)
    champion = xgboost.train({"objective": "binary:logistic"}, matrix, num_boost_round=3)
    further = xgboost.train({"objective": "binary:logistic"}, matrix, num_boost_round=2, xgb_model=champion)
    state = BoostingState(best_loss=0.3, rounds_before=3)
    state.observe(0.4)
    state.observe(0.5)
    assert state.best_of(further).get_dump() == champion.get_dump()
    state.observe(0.2)
    assert (state.best_round, state.best_loss) == (2, 0.2)
