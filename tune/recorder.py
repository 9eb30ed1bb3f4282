"""Keeps what Ray Tune's trials report: in the study, in MLflow, and before the eyes of a person."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ray import tune

from tune.inheritance import INHERITED
from tune.reports import FINISHED, METRICS, OBJECTIVE, STEP
from tune.study import Study
from tune.tracking import TrialRuns
from tune.trial import STOP, TrialConfig
from tune.trials import COMPLETE, FAILED, PAUSED, RUNNING, STOPPED, Trial, Trials

if TYPE_CHECKING:
    from ray.tune.experiment import Trial as TuneTrial

Watch = Callable[[Trial], None]
"""Called whenever a trial has changed."""


def unwatched(trial: Trial) -> None:
    """The `Watch` that looks away."""


class StudyRecorder(tune.Callback):
    """Ray Tune calls it for every trial that starts, reports and ends."""

    def __init__(self, study: Study, trials: Trials, runs: TrialRuns, watch: Watch) -> None:
        """`trials` and `runs` are written to."""
        self._study, self._trials, self._runs, self._watch = study, trials, runs, watch
        self._seen: dict[int, Trial] = {}
        self._finished: set[int] = set()

    def __reduce__(self) -> tuple[type, tuple]:
        """Ray Tune pickles its callbacks, to restore a search by. This one holds a terminal, and is made anew."""
        return tune.Callback, ()

    def __deepcopy__(self, memo: dict[int, Any]) -> StudyRecorder:
        """It is one and the same."""
        return self

    def on_trial_start(
        self, iteration: int, trials: Sequence[TuneTrial], trial: TuneTrial, **info: Any
    ) -> None:
        """A trial begins, or goes on after a pause, perhaps with other values."""
        config = TrialConfig(**trial.config)
        now = self._seen.get(config.number) or Trial(config.number, config.values)
        self._runs.start(now)
        if dict(config.values) != dict(now.values):
            now = replace(now, values=config.values)
            self._trials.change(now)
            self._runs.change(now)
        self._show(replace(now, state=RUNNING))

    def on_trial_result(
        self,
        iteration: int,
        trials: Sequence[TuneTrial],
        trial: TuneTrial,
        result: dict[str, Any],
        **info: Any,
    ) -> None:
        """A trial reports. What it says again after a pause or an interruption is known."""
        now = self._seen[trial.config["number"]]
        if result[FINISHED]:
            self._finished.add(now.number)
        if result[STEP] <= now.step:
            return
        self._trials.report(now.number, result[STEP], result[OBJECTIVE])
        self._runs.report(now.number, result[STEP], {**result[METRICS], OBJECTIVE: result[OBJECTIVE]})
        self._show(replace(now, step=result[STEP], value=result[OBJECTIVE]))

    def on_trial_complete(
        self, iteration: int, trials: Sequence[TuneTrial], trial: TuneTrial, **info: Any
    ) -> None:
        """A trial came to its end, or was stopped before it. One that the search was stopped in may go on."""
        now = self._seen[trial.config["number"]]
        if now.number not in self._finished and (self._study.trials_dir / STOP).exists():
            return
        self._end(replace(now, state=COMPLETE if now.number in self._finished else STOPPED))

    def on_trial_error(
        self, iteration: int, trials: Sequence[TuneTrial], trial: TuneTrial, **info: Any
    ) -> None:
        """A trial failed; the others go on."""
        config = TrialConfig(**trial.config)
        now = self._seen.get(config.number) or Trial(config.number, config.values)
        self._runs.start(now)
        self._end(replace(now, state=FAILED, error=_reason(trial)))

    def on_step_end(self, iteration: int, trials: Sequence[TuneTrial], **info: Any) -> None:
        """Pausing has no call of its own."""
        for trial in trials:
            now = self._seen.get(trial.config["number"])
            if now and trial.status == "PAUSED" and now.state == RUNNING:
                self._show(replace(now, state=PAUSED))

    def _end(self, trial: Trial) -> None:
        self._trials.finish(trial)
        self._runs.finish(trial)
        self._show(trial)
        name = TrialConfig(trial.number, {}).name
        for folder in (name, f"{name}.{INHERITED}"):
            shutil.rmtree(self._study.trials_dir / folder, ignore_errors=True)

    def _show(self, trial: Trial) -> None:
        self._seen[trial.number] = trial
        self._watch(trial)


def _reason(trial: TuneTrial) -> str:
    """The last line of the error: what was raised. It is read where it is written first."""
    file = Path(trial.error_file) if trial.error_file else None
    text = file.read_text(encoding="utf-8") if file and file.is_file() else str(trial.get_error() or "")
    lines = text.strip().splitlines()
    return lines[-1] if lines else "The trial failed without saying why."
