"""Which trials go on: Ray Tune's schedulers, with time counted in ninths of a full training.

Time counted so makes brackets of at most nine trials that are cut to a third after 1/9 and 3/9 of a training,
however long that is and however often it reports.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

from ray.tune.schedulers import (
    AsyncHyperBandScheduler,
    FIFOScheduler,
    HyperBandForBOHB,
    HyperBandScheduler,
    MedianStoppingRule,
    PopulationBasedTraining,
    TrialScheduler,
)
from ray.tune.schedulers.pbt import _PBTTrialState

from trending.errors import TrainingError
from tune.spaces import Space, neighbour

if TYPE_CHECKING:
    from ray.tune.execution.tune_controller import TuneController
    from ray.tune.experiment import Trial
    from ray.tune.schedulers.hyperband import _Bracket

SCHEDULERS = ("hyperband", "asha", "bohb", "median", "pbt", "none")
PBT = "pbt"
PBT_MODEL = "bert"
STEP = "step"
"""How far a trial has come, in rounds or epochs."""
BUDGET = "budget"
"""The share of a full training that a trial has had, times `FULL_BUDGET`."""
FULL_BUDGET = 9
KEPT_OF = 3
"""Of so many trials one goes on to the next rung."""
MEDIAN_OF = 3
"""Trials that must have come as far before the median rule stops one."""


def check_scheduler(name: str, model: str) -> None:
    """Raise `TrainingError` for a scheduler that there is not, or not for this model."""
    if name not in SCHEDULERS:
        raise TrainingError(f"There is no scheduler {name!r}. Choose one of {', '.join(SCHEDULERS)}.")
    if name == PBT and model != PBT_MODEL:
        raise TrainingError(
            f"{PBT} is for {PBT_MODEL}: it changes settings in the middle of a training, and trees that are grown "
            "stay as they are. Use hyperband, asha, bohb or median."
        )


def make_scheduler(name: str, space: Space, seed: int) -> TrialScheduler:
    """The scheduler of this name. Metric and mode come from Tune's settings."""
    if name == PBT:
        return Population(space, seed)
    if name == "hyperband":
        return HyperBand(time_attr=BUDGET, max_t=FULL_BUDGET, reduction_factor=KEPT_OF)
    if name == "bohb":
        return Bohb(time_attr=BUDGET, max_t=FULL_BUDGET, reduction_factor=KEPT_OF)
    if name == "asha":
        return AsyncHyperBandScheduler(time_attr=BUDGET, max_t=FULL_BUDGET, reduction_factor=KEPT_OF)
    if name == "median":
        # With that slice it never pauses a trial for the sake of others: going on again costs more than it tells.
        return MedianStoppingRule(
            time_attr=BUDGET, grace_period=1, min_samples_required=MEDIAN_OF, min_time_slice=FULL_BUDGET
        )
    return FIFOScheduler()


class _Unstuck(HyperBandScheduler):
    """Mends two ways in which Ray's brackets wait for ever.

    A bracket stays marked as being processed after its first cut, so that a trial that fails or ends later no
    longer triggers the next one. And trials that all came past two rungs with one report are paused at the first
    of them, with nobody left to report.
    """

    def _process_bracket(self, tune_controller: TuneController, bracket: _Bracket) -> str:
        action = super()._process_bracket(tune_controller, bracket)
        bracket.is_being_processed = False
        while action == TrialScheduler.PAUSE and bracket.current_trials() and bracket.cur_iter_done():
            action = super()._process_bracket(tune_controller, bracket)
            bracket.is_being_processed = False
        return action


class HyperBand(_Unstuck):
    """HyperBand (Li et al. 2018). As in the paper, the bracket with the most trials and the shortest first."""

    def _create_bracket(self, s: int) -> Any:
        return super()._create_bracket(self._s_max_1 - 1 - s)


class Population(PopulationBasedTraining):
    """Population-based training (Jaderberg et al. 2017): after each report, the worst quarter goes on from what
    one of the best quarter has come to, with settings near its settings. `TrialRun` carries the weights over.
    """

    def __init__(self, space: Space, seed: int) -> None:
        """`space` is what may change."""
        super().__init__(time_attr=STEP, perturbation_interval=1, custom_explore_fn=dict, log_config=False)
        self._space, self._draw = space, random.Random(seed)

    def on_trial_add(self, tune_controller: TuneController, trial: Trial) -> None:
        """Ray refuses searchers here, as they are not told of changes. Ours knows: it reads the study."""
        self._trial_state[trial] = _PBTTrialState(trial)

    def _get_new_config(self, trial: Trial, trial_to_clone: Trial) -> tuple[dict, dict]:
        values = neighbour(self._space, trial_to_clone.config["values"], self._draw)
        return trial.config | {"values": values}, {}


class Bohb(_Unstuck, HyperBandForBOHB):
    """HyperBand as BOHB runs it (Falkner et al. 2018): a bracket is filled before it is cut."""
