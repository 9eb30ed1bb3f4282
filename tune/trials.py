"""The trials of a study in Optuna's storage, which knows which are done, so that none is done twice."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tune.spaces import Space, Value, distributions, holds, values_in
from tune.study import Study

if TYPE_CHECKING:
    import optuna

SEARCHES = ("tpe", "random")
RUNNING, PAUSED, COMPLETE, STOPPED, FAILED = "running", "paused", "complete", "stopped early", "failed"
FEWEST_RANDOM, MOST_RANDOM = 3, 10
ERROR, VALUES = "error", "values"


@dataclass(frozen=True)
class Trial:
    """One trial as it stands."""

    number: int
    values: Mapping[str, Value]
    state: str = RUNNING
    """`running`, `paused`, `complete`, `stopped early` or `failed`."""
    step: int = 0
    """The last that was reported."""
    value: float | None = None
    """Best so far of what the search is about."""
    error: str = ""

    @property
    def done(self) -> bool:
        """Nothing more will come of it."""
        return self.state not in (RUNNING, PAUSED)


class Trials:
    """Asks Optuna for values and tells it what came of them. One process at a time."""

    def __init__(self, study: Study, space: Space, mode: str) -> None:
        """Open the study's storage; the first time, its first trial is of the settings as they are."""
        import optuna

        optuna.logging.set_verbosity(optuna.logging.ERROR)
        self._space = space
        self._maximise = mode == "max"
        self._storage = optuna.storages.get_storage(study.database)
        self._study = optuna.create_study(
            storage=self._storage,
            study_name=study.name,
            direction="maximize" if self._maximise else "minimize",
            load_if_exists=True,
        )
        begun = len(self._study.trials)
        self._study.sampler = _sampler(study, begun)
        if not begun and holds(space, now := values_in(study.train, space)):
            self._study.enqueue_trial(now)
        self._unfinished = [trial for trial in self.all() if not trial.done]
        self.left = max(0, study.trials - sum(trial.done for trial in self.all()))
        """Trials that are not done."""

    def take(self) -> Trial:
        """The next trial to run: one that was interrupted, else one with new values."""
        if self._unfinished:
            return self._unfinished.pop(0)
        asked = self._study.ask(distributions(self._space))
        return Trial(asked.number, dict(asked.params))

    def report(self, number: int, step: int, value: float) -> None:
        """How good a trial is at `step`."""
        self._storage.set_trial_intermediate_value(self._id(number), step, value)

    def change(self, trial: Trial) -> None:
        """A trial goes on with other values than it began with."""
        self._storage.set_trial_user_attr(self._id(trial.number), VALUES, dict(trial.values))

    def finish(self, trial: Trial) -> None:
        """A trial is done, in its state and with its value. One that never had a finite value has failed."""
        from optuna.trial import TrialState

        if trial.state == FAILED or trial.value is None or not math.isfinite(trial.value):
            self._storage.set_trial_user_attr(self._id(trial.number), ERROR, trial.error)
            self._study.tell(trial.number, state=TrialState.FAIL)
        elif trial.state == STOPPED:
            self._study.tell(trial.number, state=TrialState.PRUNED)
        else:
            self._study.tell(trial.number, trial.value)

    def all(self) -> list[Trial]:
        """Every trial that was begun, in order."""
        from optuna.trial import TrialState

        waiting = (TrialState.WAITING,)
        return [_trial(one) for one in self._study.trials if one.state not in waiting]

    def best(self) -> Trial | None:
        """The trial with the best value, whether it was stopped or not: that value was reached."""
        scored = self._scored()
        if not scored:
            return None
        return (max if self._maximise else min)(scored, key=lambda pair: pair[0])[1]

    def as_finished(self) -> optuna.Study:
        """A copy in memory for plots, in which stopped trials count with the best value that they reached."""
        import optuna

        copy = optuna.create_study(direction=self._study.direction)
        for value, trial in self._scored():
            found = optuna.trial.create_trial(
                params=dict(trial.values), distributions=distributions(self._space), value=value
            )
            copy.add_trial(found)
        return copy

    def _scored(self) -> list[tuple[float, Trial]]:
        """Trials that came to a value, with it."""
        ended = [trial for trial in self.all() if trial.state in (COMPLETE, STOPPED)]
        return [(trial.value, trial) for trial in ended if trial.value is not None]

    def _id(self, number: int) -> int:
        study = self._storage.get_study_id_from_name(self._study.study_name)
        return self._storage.get_trial_id_from_study_id_trial_number(study, number)


def _sampler(study: Study, begun: int) -> optuna.samplers.BaseSampler:
    """Seeded anew for the trials that are left: with the old seed a resumed search would draw the same again."""
    import optuna

    seed = study.train.seed + begun
    if study.search == "random":
        return optuna.samplers.RandomSampler(seed=seed)
    random = min(MOST_RANDOM, max(FEWEST_RANDOM, study.trials // 4))
    return optuna.samplers.TPESampler(seed=seed, n_startup_trials=random)


def _trial(found: optuna.trial.FrozenTrial) -> Trial:
    from optuna.trial import TrialState

    states = {TrialState.COMPLETE: COMPLETE, TrialState.PRUNED: STOPPED, TrialState.FAIL: FAILED}
    steps = found.intermediate_values
    last = max(steps, default=0)
    return Trial(
        number=found.number,
        values=found.user_attrs.get(VALUES, dict(found.params)),
        state=states.get(found.state, RUNNING),
        step=last,
        value=found.value if found.value is not None else steps.get(last),
        error=str(found.user_attrs.get(ERROR, "")),
    )
