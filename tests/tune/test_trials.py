"""What the study's storage knows: which trials are done, with what, and which come next."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from trending.settings import TrainSettings
from tune.spaces import XGBOOST, values_in
from tune.study import Study
from tune.trials import COMPLETE, FAILED, STOPPED, Trial, Trials


def make_study(folder: Path, *, trials: int = 5, search: str = "tpe") -> Study:
    study = Study(
        model="xgboost",
        snapshot_id=1,
        time_split=False,
        trials=trials,
        scheduler="none",
        search=search,
        train=TrainSettings(),
        run_id="parent",
        folder=folder / "study",
    )
    study.write()
    return study


def opened(study: Study, mode: str = "min") -> Trials:
    return Trials(study, XGBOOST, mode)


def end(trials: Trials, trial: Trial, state: str, value: float | None) -> None:
    if value is not None:
        trials.report(trial.number, 10, value)
    trials.finish(replace(trial, state=state, step=10, value=value, error="no memory" * (state == FAILED)))


def test_the_first_trial_is_of_the_settings_as_they_are(tmp_path: Path) -> None:
    study = make_study(tmp_path)
    assert dict(opened(study).take().values) == values_in(study.train, XGBOOST)


def test_trials_that_are_done_stay_done_and_those_under_way_come_first(tmp_path: Path) -> None:
    study = make_study(tmp_path)
    before = opened(study)
    assert before.left == 5
    taken = [before.take() for _ in range(4)]
    end(before, taken[0], COMPLETE, 0.3)
    end(before, taken[1], STOPPED, 0.5)
    end(before, taken[3], FAILED, None)

    after = opened(study)
    assert after.left == 2
    again, new = after.take(), after.take()
    assert (again.number, dict(again.values)) == (2, dict(taken[2].values))
    assert new.number == 4
    states = {trial.number: (trial.state, trial.value, trial.error) for trial in after.all() if trial.done}
    assert states == {0: (COMPLETE, 0.3, ""), 1: (STOPPED, 0.5, ""), 3: (FAILED, None, "no memory")}


def test_the_best_may_be_a_trial_that_was_stopped_but_never_one_that_failed(tmp_path: Path) -> None:
    trials = opened(make_study(tmp_path))
    assert trials.best() is None
    for state, value in ((COMPLETE, 0.3), (STOPPED, 0.2), (FAILED, 0.1)):
        end(trials, trials.take(), state, value)
    best = trials.best()
    assert best is not None
    assert (best.state, best.value) == (STOPPED, 0.2)
    assert len(trials.as_finished().trials) == 2


def test_the_best_is_the_highest_where_more_is_better(tmp_path: Path) -> None:
    trials = opened(make_study(tmp_path), "max")
    for value in (0.3, 0.5, 0.4):
        end(trials, trials.take(), COMPLETE, value)
    assert trials.best() == trials.all()[1]


def test_a_value_that_is_no_number_is_a_failure(tmp_path: Path) -> None:
    trials = opened(make_study(tmp_path))
    end(trials, trials.take(), COMPLETE, float("nan"))
    assert trials.all()[0].state == FAILED


@pytest.mark.parametrize("search", ["tpe", "random"])
def test_a_study_that_goes_on_draws_other_values_than_before(tmp_path: Path, search: str) -> None:
    study = make_study(tmp_path, search=search)
    drawn = []
    for _ in range(3):
        trials = opened(study)
        trial = trials.take()
        drawn.append(tuple(trial.values.values()))
        end(trials, trial, COMPLETE, 0.5)
    assert len(set(drawn)) == 3


def test_the_same_seed_proposes_the_same(tmp_path: Path) -> None:
    first, second = (opened(make_study(tmp_path / name)) for name in ("a", "b"))
    for _ in range(3):
        assert first.take() == second.take()
