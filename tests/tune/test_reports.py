"""What is kept of a training's reports, and what Ray Tune is told of them."""

from __future__ import annotations

import copy
import pickle
import threading
from pathlib import Path
from typing import Any

import pytest
from ray import tune

from trending.settings import BertSettings, TrainSettings, XGBoostSettings
from tune.bert_target import BertTarget
from tune.recorder import StudyRecorder
from tune.reports import BUDGET, FINISHED, OBJECTIVE, STEP, KeepReports, Reports, as_result
from tune.schedulers import FULL_BUDGET
from tune.spaces import with_values
from tune.target import Target, find_target
from tune.trials import Trial
from tune.xgboost_target import XGBoostTarget

TREES = TrainSettings(xgboost=XGBoostSettings(rounds=90, checkpoint_every=50, early_stopping_rounds=20))
EPOCHS = TrainSettings(bert=BertSettings(epochs=6, patience=2))


def boosted(rounds: int, best_round: int, loss: float) -> dict[str, Any]:
    return {"rounds_done": rounds, "best_round": best_round, "best_loss": loss}


def tuned(epoch: int, macro_f1: float) -> dict[str, Any]:
    return {"epoch": epoch, "validation_macro_f1": macro_f1, "step": 100 * epoch}


def kept(file: Path, target: Target, *reports: dict[str, Any]) -> list[dict[str, Any]]:
    callback = KeepReports(Reports(file), target)
    for one in reports:
        callback.after_report(None, [one, {}], None)  # pyright: ignore[reportArgumentType]
    return Reports(file).read()


def test_each_step_is_kept_once_also_after_a_restart(tmp_path: Path) -> None:
    file, target = tmp_path / "reports", XGBoostTarget()
    first, second, third = boosted(10, 9, 0.5), boosted(20, 19, 0.4), boosted(30, 29, 0.3)
    assert kept(file, target, first, second, first, second) == [first, second]
    assert kept(file, target, second, third) == [first, second, third]


def test_reports_between_two_validations_are_not_for_a_scheduler(tmp_path: Path) -> None:
    between = {"step": 50, "train_loss": 0.7}
    assert kept(tmp_path / "reports", BertTarget(), between, tuned(1, 0.3)) == [tuned(1, 0.3)]


def test_what_was_being_written_at_the_end_is_dropped(tmp_path: Path) -> None:
    file, target = tmp_path / "reports", XGBoostTarget()
    kept(file, target, boosted(10, 9, 0.5))
    with file.open("a", encoding="utf-8") as half:
        half.write('{"rounds_done": 2')
    assert Reports(file).read() == [boosted(10, 9, 0.5)]
    assert len(kept(file, target, boosted(20, 19, 0.4))) == 2


def test_a_scheduler_hears_the_best_so_far_and_the_share_of_a_full_training() -> None:
    found = as_result([tuned(1, 0.3), tuned(2, 0.5), tuned(3, 0.4)], BertTarget(), EPOCHS)
    assert (found[STEP], found[OBJECTIVE], found[FINISHED]) == (3, 0.5, False)
    assert found[BUDGET] == pytest.approx(FULL_BUDGET / 2)


@pytest.mark.parametrize(
    ("target", "train", "last", "finished"),
    [
        (XGBoostTarget(), TREES, [boosted(80, 70, 0.3)], False),
        (XGBoostTarget(), TREES, [boosted(80, 59, 0.3)], True),
        (XGBoostTarget(), TREES, [boosted(90, 89, 0.3)], True),
        (BertTarget(), EPOCHS, [tuned(1, 0.3), tuned(2, 0.2)], False),
        (BertTarget(), EPOCHS, [tuned(1, 0.3), tuned(2, 0.2), tuned(3, 0.1)], True),
        (BertTarget(), EPOCHS, [tuned(6, 0.3)], True),
    ],
)
def test_a_training_that_ended_by_itself_has_had_its_full_budget(
    target: Target, train: TrainSettings, last: list[dict[str, Any]], finished: bool
) -> None:
    found = as_result(last, target, train)
    assert found[FINISHED] is finished
    assert (found[BUDGET] == FULL_BUDGET) is finished


@pytest.mark.parametrize("rounds", [5, 9, 90, 400])
def test_trees_report_often_enough_for_three_rungs(rounds: int) -> None:
    base = TrainSettings(xgboost=XGBoostSettings(rounds=rounds))
    train = XGBoostTarget().reporting(base, base)
    assert train.xgboost.rounds == rounds
    assert train.xgboost.checkpoint_every <= max(1, rounds / FULL_BUDGET)
    assert XGBoostTarget().reporting(train, base) == train


@pytest.mark.parametrize(("rate", "rounds"), [(0.08, 90), (0.04, 180), (0.16, 45), (0.01, 180), (0.9, 22)])
def test_a_slower_learner_has_more_rounds_within_bounds(rate: float, rounds: int) -> None:
    base = TrainSettings(xgboost=XGBoostSettings(rounds=90, learning_rate=0.08))
    found = XGBoostTarget().reporting(with_values(base, {"xgboost.learning_rate": rate}), base)
    assert found.xgboost.rounds == rounds
    assert found.xgboost.learning_rate == rate
    assert XGBoostTarget().length(found) == rounds


@pytest.mark.parametrize("model", ["xgboost", "bert"])
def test_a_target_names_itself_and_settings_that_there_are(model: str) -> None:
    target = find_target(model)
    assert target.model == model
    assert target.workers(TrainSettings()).at_most == 2
    assert target.length(TrainSettings()) > 1


def test_ray_tune_can_pickle_a_recorder_that_holds_a_terminal() -> None:
    lock = threading.RLock()
    unused: Any = None

    def watch(trial: Trial) -> None:
        raise AssertionError((trial, lock))

    recorder = StudyRecorder(unused, unused, unused, watch)
    assert copy.deepcopy(recorder) is recorder
    assert isinstance(pickle.loads(pickle.dumps(recorder)), tune.Callback)
