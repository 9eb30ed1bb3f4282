"""What each scheduler stops, and that it always comes to an end: Ray's schedulers in a loop like that of Ray Tune."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any

import pytest
from ray.tune.experiment import Trial as TuneTrial
from ray.tune.schedulers import TrialScheduler

from trending.errors import TrainingError
from trending.planning.ask import Ask
from trending.planning.workers import xgboost_workers
from trending.settings import XGBoostSettings
from tune.reports import OBJECTIVE
from tune.running import trials_at_once
from tune.schedulers import BUDGET, FULL_BUDGET, SCHEDULERS, check_scheduler, make_scheduler

Budgets = Sequence[float]
"""Of a trial's reports; a negative one is a failure."""
NINTHS = range(1, FULL_BUDGET + 1)


class FakeTrial:
    """Number `loss`, which always reports that loss."""

    def __init__(self, loss: int, budgets: Budgets) -> None:
        self.loss, self.trial_id, self.left = loss, str(loss), list(budgets)
        self.status, self.is_saving, self.result = TuneTrial.PENDING, False, {BUDGET: 0.0}


class Loop:
    """As much of Ray Tune's controller as schedulers know. Two trials run at once."""

    def __init__(self, scheduler: Any, trials: Sequence[FakeTrial]) -> None:
        self._scheduler, self._trials = scheduler, list(trials)
        self.search_alg = SimpleNamespace(searcher=SimpleNamespace(on_pause=str, on_unpause=str))

    def get_trials(self) -> list[FakeTrial]:
        return self._trials

    def get_live_trials(self) -> list[FakeTrial]:
        return [trial for trial in self._trials if trial.status != TuneTrial.TERMINATED]

    def has_resources_for_trial(self, trial: FakeTrial) -> bool:
        return True

    def stop_trial(self, trial: FakeTrial) -> None:
        if trial.status in (TuneTrial.PENDING, TuneTrial.PAUSED):
            self._scheduler.on_trial_remove(self, trial)
        else:
            self._scheduler.on_trial_complete(self, trial, trial.result)
        trial.status = TuneTrial.TERMINATED

    def run(self) -> dict[int, float | None]:
        """The last budget of each trial, by its loss; None where it failed."""
        for trial in self._trials:
            self._scheduler.on_trial_add(self, trial)
        while not all(trial.status in (TuneTrial.TERMINATED, TuneTrial.ERROR) for trial in self._trials):
            self._one_report()
        return {t.loss: None if t.status == TuneTrial.ERROR else t.result[BUDGET] for t in self._trials}

    def _one_report(self) -> None:
        running = [trial for trial in self._trials if trial.status == TuneTrial.RUNNING]
        if len(running) < 2 and (chosen := self._scheduler.choose_trial_to_run(self)):
            chosen.status = TuneTrial.RUNNING
            return
        assert running, "every trial waits, and none will ever run"
        trial = min(running, key=lambda one: one.result[BUDGET])
        if not trial.left:
            self.stop_trial(trial)
        elif (budget := trial.left.pop(0)) < 0:
            self._scheduler.on_trial_error(self, trial)
            trial.status = TuneTrial.ERROR
        else:
            trial.result = {BUDGET: budget, OBJECTIVE: trial.loss}
            self._act(trial, self._scheduler.on_trial_result(self, trial, trial.result))

    def _act(self, trial: FakeTrial, action: str) -> None:
        if action == TrialScheduler.STOP:
            self.stop_trial(trial)
        elif action == TrialScheduler.PAUSE:
            trial.status = TuneTrial.PAUSED


def last_budgets(
    name: str, order: Sequence[int], budgets: Callable[[int], Budgets] = lambda _: NINTHS
) -> list[float | None]:
    """Of trials that begin in this order, by their loss."""
    scheduler = make_scheduler(name, {}, seed=1)
    scheduler.set_search_properties(OBJECTIVE, "min")
    found = Loop(scheduler, [FakeTrial(loss, budgets(loss)) for loss in order]).run()
    return [found[loss] for loss in sorted(found)]


@pytest.mark.parametrize("name", ["hyperband", "bohb"])
def test_hyperband_cuts_nine_trials_to_three_and_to_one(name: str) -> None:
    assert last_budgets(name, [4, 8, 1, 6, 0, 3, 7, 2, 5]) == [9, 3, 3, 1, 1, 1, 1, 1, 1]


@pytest.mark.parametrize("name", ["hyperband", "bohb"])
def test_brackets_after_the_first_begin_later_and_keep_more(name: str) -> None:
    found = last_budgets(name, range(17))
    assert [found.count(budget) for budget in (1, 3, FULL_BUDGET)] == [6, 2 + 3, 1 + 2 + 3]


@pytest.mark.parametrize("name", ["hyperband", "bohb"])
def test_a_bracket_that_is_never_filled_is_cut_all_the_same(name: str) -> None:
    assert last_budgets(name, [3, 1, 0, 2]) == [9, 3, 3, 1]


@pytest.mark.parametrize("name", ["hyperband", "bohb"])
def test_hyperband_ends_where_trials_pass_two_rungs_with_one_report(name: str) -> None:
    assert last_budgets(name, [3, 1, 0, 2], lambda _: (3, 6, 9)) == [9, 3, 3, 3]


@pytest.mark.parametrize("name", ["hyperband", "bohb"])
def test_hyperband_ends_where_a_trial_fails_between_two_rungs(name: str) -> None:
    found = last_budgets(name, [3, 1, 0, 2], lambda loss: (1, 2, -1) if loss == 0 else NINTHS)
    assert found == [None, 9, 3, 1]


@pytest.mark.parametrize("name", ["hyperband", "bohb"])
def test_a_training_that_ended_by_itself_still_counts_at_the_next_rung(name: str) -> None:
    found = last_budgets(name, [3, 1, 0, 2], lambda loss: (1, 2, 9) if loss == 0 else NINTHS)
    assert found == [9, 3, 3, 1]


def test_asha_stops_what_is_not_among_the_best_third_so_far() -> None:
    found = last_budgets("asha", range(6))
    assert found[0] == FULL_BUDGET
    assert found[5] == 1


def test_the_median_rule_stops_what_is_worse_than_most() -> None:
    found = last_budgets("median", range(6))
    assert found[0] == FULL_BUDGET
    assert found[5] is not None
    assert found[5] < FULL_BUDGET


def test_without_a_scheduler_all_trials_end() -> None:
    assert last_budgets("none", range(6)) == [FULL_BUDGET] * 6


def test_there_is_no_other_scheduler_and_pbt_is_not_for_trees() -> None:
    for name in SCHEDULERS:
        check_scheduler(name, "bert")
    with pytest.raises(TrainingError, match="hyperband"):
        check_scheduler("hyperhyper", "bert")
    with pytest.raises(TrainingError, match="pbt is for bert"):
        check_scheduler("pbt", "xgboost")


def workers(number: int) -> Ask:
    return xgboost_workers(XGBoostSettings(num_workers=number), gpu=False)


def test_no_more_trials_run_at_once_than_the_cluster_holds(ray_cluster: str) -> None:
    assert trials_at_once(workers(1), most=None) == 2, "of four CPUs"
    assert trials_at_once(workers(1), most=1) == 1
    assert trials_at_once(workers(1), most=9) == 2
    assert trials_at_once(workers(8), most=None) == 1
