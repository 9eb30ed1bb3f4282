"""What a search leaves in MLflow: one parent run, under it one run for each trial, nothing twice."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trending.models.registry import MODEL_TAG, SNAPSHOT_TAG, open_client
from trending.settings import Settings
from trending.training.tracking import experiment_id
from tune.reports import OBJECTIVE
from tune.trials import FAILED, STOPPED, Trial

if TYPE_CHECKING:
    from matplotlib.figure import Figure

TUNING_EXPERIMENT = "trending-tuning"
STUDY_TAG, TRIAL_TAG, STOPPED_TAG, ERROR_TAG = (
    "trending.study",
    "trending.trial",
    "trending.stopped_early",
    "trending.error",
)
PARENT_TAG = "mlflow.parentRunId"


def new_parent(
    settings: Settings, name: str, *, model: str, snapshot_id: int, parameters: Mapping[str, Any]
) -> str:
    """A run for a search that begins; returns its id."""
    client = open_client(settings)
    tags = {MODEL_TAG: model, SNAPSHOT_TAG: str(snapshot_id), STUDY_TAG: name}
    run = client.create_run(experiment_id(settings, TUNING_EXPERIMENT), run_name=name, tags=tags)
    for key, value in parameters.items():
        client.log_param(run.info.run_id, key, value)
    return run.info.run_id


class TrialRuns:
    """The runs of the trials, under their parent. What is there from before an interruption is gone on with."""

    def __init__(self, settings: Settings, parent: str) -> None:
        """Find the runs that there are."""
        self._client = open_client(settings)
        self._settings, self._parent = settings, parent
        self._experiment = experiment_id(settings, TUNING_EXPERIMENT)
        self._runs: dict[int, str] = {}
        self._last: dict[int, int] = {}
        self._client.update_run(parent, status="RUNNING")
        found = self._client.search_runs(
            [self._experiment], filter_string=f"tags.`{PARENT_TAG}` = '{parent}'", max_results=10_000
        )
        for run in found:
            self._runs[int(run.data.tags[TRIAL_TAG])] = run.info.run_id

    def start(self, trial: Trial) -> None:
        """A trial begins or goes on."""
        number = trial.number
        if number in self._last:
            return
        if number in self._runs:
            history = self._client.get_metric_history(self._runs[number], OBJECTIVE)
            self._last[number] = max((one.step for one in history), default=-1)
            self._client.update_run(self._runs[number], status="RUNNING")
            return
        tags = {PARENT_TAG: self._parent, TRIAL_TAG: str(number)}
        run = self._client.create_run(self._experiment, run_name=f"trial {number}", tags=tags)
        self._runs[number], self._last[number] = run.info.run_id, -1
        for name, value in trial.values.items():
            self._client.log_param(run.info.run_id, name, value)

    def change(self, trial: Trial) -> None:
        """A trial goes on with other values. Parameters stay in MLflow, so these are curves: `now/...`."""
        from mlflow.entities import Metric

        now = int(time.time() * 1000)
        numbers = {n: v for n, v in trial.values.items() if isinstance(v, int | float)}
        points = [Metric(f"now/{name}", float(value), now, trial.step) for name, value in numbers.items()]
        self._client.log_batch(self._runs[trial.number], metrics=points)

    def report(self, number: int, step: int, metrics: Mapping[str, float]) -> None:
        """A point of each of the trial's curves, unless it is there already."""
        from mlflow.entities import Metric

        if step <= self._last[number]:
            return
        now = int(time.time() * 1000)
        points = [Metric(name, float(value), now, step) for name, value in metrics.items()]
        self._client.log_batch(self._runs[number], metrics=points)
        self._last[number] = step

    def finish(self, trial: Trial) -> None:
        """A trial is done."""
        run = self._runs[trial.number]
        self._client.set_tag(run, STOPPED_TAG, str(trial.state == STOPPED).lower())
        if trial.error:
            self._client.set_tag(run, ERROR_TAG, trial.error)
        self._client.set_terminated(run, "FAILED" if trial.state == FAILED else "FINISHED")

    def close(
        self, metrics: Mapping[str, float], *, files: list[Path], figures: Mapping[str, Figure]
    ) -> None:
        """The search is over."""
        for name, value in metrics.items():
            self._client.log_metric(self._parent, name, value)
        for file in files:
            self._client.log_artifact(self._parent, str(file))
        for name, figure in figures.items():
            self._client.log_figure(self._parent, figure, f"plots/{name}.png")
        self._client.set_terminated(self._parent, "FINISHED")

    def interrupt(self) -> None:
        """The search was stopped: what is not done may go on later."""
        self._client.set_terminated(self._parent, "KILLED")
        for number in self._last:
            run = self._runs[number]
            if self._client.get_run(run).info.status == "RUNNING":
                self._client.set_terminated(run, "KILLED")
