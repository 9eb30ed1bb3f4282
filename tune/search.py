"""A search from its first trial to the best settings, and going on with one that was stopped."""

from __future__ import annotations

import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from trending.catalog.snapshots import resolve_snapshot
from trending.errors import TrainingError
from trending.features.documents import load_documents
from trending.progress import Report, silent
from trending.ray_session import ray_session
from trending.settings import Settings, TrainSettings
from tune.plots import study_plots
from tune.recorder import StudyRecorder, Watch, unwatched
from tune.running import run_trials
from tune.schedulers import check_scheduler
from tune.spaces import with_values
from tune.study import Study, find_study, new_folder
from tune.target import Target, find_target
from tune.tracking import TrialRuns, new_parent
from tune.trials import FAILED, SEARCHES, STOPPED, Trial, Trials


@dataclass(frozen=True)
class SearchResult:
    """What a search found."""

    study: Study
    trials: list[Trial]
    best: Trial
    settings: TrainSettings
    """Of the best trial."""
    seconds: float
    """Of this part of the search, where it was interrupted."""

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        states = [trial.state for trial in self.trials]
        return {
            "study": self.study.name,
            "trials": len(states),
            "stopped_early": states.count(STOPPED),
            "failed": states.count(FAILED),
            "best": {
                "trial": self.best.number,
                "value": self.best.value,
                "settings": dict(self.best.values),
            },
            "settings_file": str(self.study.best_file),
            "snapshot_id": self.study.snapshot_id,
            "seconds": round(self.seconds, 1),
            "mlflow_run_id": self.study.run_id,
        }


def begin(
    model: str,
    settings: Settings,
    *,
    trials: int = 20,
    scheduler: str = "hyperband",
    search: str = "tpe",
    snapshot: str | int = "latest",
    time_split: bool = False,
    seed: int | None = None,
) -> Study:
    """A new study, on record in `settings.tuning_dir` and as a run in MLflow; no trial has started.

    Raises `TrainingError` for a model, scheduler or search that there is not, `SnapshotError` without data.
    """
    find_target(model)
    check_scheduler(scheduler, model)
    if search not in SEARCHES:
        raise TrainingError(f"There is no search {search!r}. Choose one of {', '.join(SEARCHES)}.")
    snapshot_id = resolve_snapshot(settings, snapshot)
    train = settings.train if seed is None else settings.train.model_copy(update={"seed": seed})
    folder = new_folder(settings, model)
    chosen = {"trials": trials, "scheduler": scheduler, "search": search}
    run_id = new_parent(
        settings,
        folder.name,
        model=model,
        snapshot_id=snapshot_id,
        parameters=chosen | {"seed": train.seed},
    )
    study = Study(
        model=model,
        snapshot_id=snapshot_id,
        time_split=time_split,
        train=train,
        run_id=run_id,
        folder=folder,
        trials=trials,
        scheduler=scheduler,
        search=search,
    )
    study.write()
    return study


def again(model: str, settings: Settings, word: str, *, trials: int | None = None) -> Study:
    """The study that `word` names, to go on with; `trials` is a new total."""
    return find_study(settings, word, model=model, trials=trials)


def search(
    study: Study,
    settings: Settings,
    *,
    max_concurrent: int | None = None,
    report: Report = silent,
    watch: Watch = unwatched,
) -> SearchResult:
    """Run the trials of the study that are left, and keep the best settings.

    Each trial is a training as `trending train` does it, without what comes after. `KeyboardInterrupt` and the
    death of the process leave the study as it stands: called again, it goes on. Raises `TrainingError` where
    every trial failed.
    """
    target = find_target(study.model)
    chosen = settings.model_copy(update={"train": study.train})

    def prepare() -> Any:
        report("Reading documents")
        documents = load_documents(chosen, study.snapshot_id, time_split=study.time_split)
        return target.prepare(documents, chosen, study.shared_dir, report=report)

    return search_target(study, target, settings, prepare=prepare, max_concurrent=max_concurrent, watch=watch)


def search_target(
    study: Study,
    target: Target,
    settings: Settings,
    *,
    prepare: Any,
    max_concurrent: int | None = None,
    watch: Watch = unwatched,
) -> SearchResult:
    """The same for any target; `prepare` makes what its trials share, if there is anything left to run."""
    began = time.perf_counter()
    trials = Trials(study, target.space, target.mode)
    if not trials.left and study.best_file.is_file():
        return _result(study, target, trials, began)
    runs = TrialRuns(settings, study.run_id)
    try:
        if trials.left:
            with ray_session(settings):
                run_trials(
                    study,
                    target,
                    trials,
                    StudyRecorder(study, trials, runs, watch),
                    prepare=prepare,
                    max_concurrent=max_concurrent,
                )
    except BaseException:
        runs.interrupt()
        raise
    result = _result(study, target, trials, began)
    write_settings(result)
    _close(result, target, trials, runs)
    return result


def write_settings(result: SearchResult) -> Path:
    """The settings of the best trial as a file for `trending train --settings`; returns its path."""
    best, study = result.best, result.study
    head = (
        f"# {study.name}: trial {best.number} of {len(result.trials)} on snapshot {study.snapshot_id}, "
        f"{best.value:.6g} on validation.\n# trending train {study.model} --settings {study.best_file.name}\n"
    )
    body = yaml.safe_dump({"train": result.settings.model_dump(mode="json")}, sort_keys=False)
    study.best_file.write_text(head + body, encoding="utf-8")
    return study.best_file


def _result(study: Study, target: Target, trials: Trials, began: float) -> SearchResult:
    done = [trial for trial in trials.all() if trial.done]
    best = trials.best()
    if best is None:
        first = next((trial.error for trial in done if trial.error), "no reason given")
        raise TrainingError(f"All {len(done)} trials of {study.name} failed. The first: {first}")
    chosen = target.reporting(with_values(study.train, best.values), study.train)
    return SearchResult(study, done, best, chosen, time.perf_counter() - began)


def _close(result: SearchResult, target: Target, trials: Trials, runs: TrialRuns) -> None:
    figures = result.as_json()
    runs.close(
        {f"best_{target.metric}": result.best.value or 0.0}
        | {name: figures[name] for name in ("stopped_early", "failed", "seconds")},
        files=[result.study.best_file],
        figures=study_plots(trials, metric=target.metric),
    )
    for folder in (result.study.trials_dir, result.study.shared_dir, result.study.folder / "tune"):
        shutil.rmtree(folder, ignore_errors=True)
