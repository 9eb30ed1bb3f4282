"""One model, from a snapshot to a tested, bundled and registered version."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from trending.catalog.corrections import newest_corrections
from trending.catalog.snapshots import resolve_snapshot
from trending.errors import TrainingError
from trending.evaluation.bootstrap import Interval
from trending.evaluation.calibrating import fit_on
from trending.evaluation.evaluate import predictions, score_all, test_json
from trending.evaluation.gate.champion import appoint, assert_vacant
from trending.evaluation.metrics import Scores, scores
from trending.evaluation.predict import predict_known
from trending.features.documents import SPLITS, DocumentSet, load_documents
from trending.models.base import GenreModel
from trending.models.bundle import Bundle, code_revision, save_bundle
from trending.models.registry import CHAMPION, set_alias
from trending.models.thresholds import tune_thresholds
from trending.progress import Report, silent
from trending.settings import Settings
from trending.training.fitting import ON_RAY, check_model, fit, session_for
from trending.training.plots import training_plots
from trending.training.run import TrainingRun, new_run, unfinished_run
from trending.training.tracking import log_training, training_run

MIN_TITLES = 20
"""Fewer labelled titles in a split than this can neither train nor judge a model."""


@dataclass(frozen=True)
class TrainResult:
    """What a training left behind."""

    run_id: str
    version: str
    model: str
    bundle: Bundle
    snapshot_id: int
    seconds: float
    validation: Mapping[str, float]
    """Headline scores on the validation split, where thresholds were tuned."""
    test: Scores
    ci95: dict[str, Interval]

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "run_id": self.run_id,
            "bundle": str(self.bundle.folder),
            "model": self.model,
            "version": self.version,
            "snapshot_id": self.snapshot_id,
            "seconds": round(self.seconds, 1),
            "validation": dict(self.validation),
            "test": test_json(self.test, self.ci95),
        }


def train(
    model: str,
    settings: Settings,
    *,
    snapshot: str | int = "latest",
    time_split: bool = False,
    alias: str | None = None,
    resume: str | None = None,
    warm_start: str | None = None,
    workers: int | None = None,
    report: Report = silent,
) -> TrainResult:
    """Fit `model` on the training titles of a snapshot, bundle it, test it, record and register it.

    `resume` names an interrupted training (its run id, or the beginning): it goes on from its last checkpoint,
    with its own snapshot and settings. `warm_start` names a model (alias, version, run id or bundle folder) that
    XGBoost goes on from, with the titles that are new to it. `workers` overrides BERT's number of workers, also
    that of a resumed training. Raises `TrainingError` for an unknown model, too few titles, nothing to resume or
    nothing to go on from, `SnapshotError` where there is no such data, `GateError` for the alias `champion` where there
    is a champion.
    """
    check_model(model)
    if alias == CHAMPION:
        assert_vacant(settings)
    if resume and warm_start:
        raise TrainingError("A training that is resumed has its start already. Leave --warm-start out.")
    began = time.perf_counter()
    start = _start(model, settings, snapshot, time_split, resume, warm_start, workers, report)
    settings, documents = start.settings, start.documents
    resumed = start.past.run_id if start.past else None
    with (
        session_for(model, settings),
        training_run(settings, model, documents.snapshot_id, code_revision(), run_id=resumed) as run_id,
    ):
        run = start.run(run_id)
        with _kept_for_resuming(run):
            report(f"Training {model}")
            fitted = fit(documents, settings, run, report=report)
            report(f"Tuning and testing {model}")
            folder = settings.bundles_dir / f"{model}-{run_id[:12]}"
            with _removed_on_error(folder):
                bundle, metrics = _bundle(fitted, documents, settings, folder, time_split=start.time_split)
                test, ci95 = _test(bundle, documents, settings)
                seconds = time.perf_counter() - began
                report(f"Registering {model}")
                version = log_training(settings, bundle, test, plots=training_plots(test), seconds=seconds)
        _name(settings, version, alias)
    return TrainResult(run_id, version, model, bundle, documents.snapshot_id, seconds, metrics, test, ci95)


@dataclass(frozen=True)
class _Start:
    """What a training begins with, settled before any worker runs."""

    model: str
    settings: Settings
    documents: DocumentSet
    time_split: bool
    past: TrainingRun | None
    """The interrupted training that it goes on with."""
    parent: str | None
    """Bundle folder of the model that it goes on from."""

    def run(self, run_id: str) -> TrainingRun:
        """The past run, or a new one by this id."""
        return self.past or new_run(
            self.settings,
            run_id,
            self.model,
            self.documents.snapshot_id,
            time_split=self.time_split,
            warm_start=self.parent,
        )


def _start(
    model: str,
    settings: Settings,
    snapshot: str | int,
    time_split: bool,
    resume: str | None,
    warm_start: str | None,
    workers: int | None,
    report: Report,
) -> _Start:
    past = _interrupted(settings, resume, model) if resume else None
    if past:
        settings = settings.model_copy(update={"train": past.train})
        time_split = past.time_split
    settings = _with_workers(settings, model, workers) if workers else settings
    settings = _with_labels(settings)
    snapshot_id = past.snapshot_id if past else resolve_snapshot(settings, snapshot)
    report(f"Reading documents for {model}")
    documents = load_documents(settings, snapshot_id, time_split=time_split)
    if settings.train.labels.corrections:
        report(f"Labels of {documents.corrected:,} titles as corrected")
    _assert_enough(documents)
    parent = _parent(model, settings, warm_start, documents, time_split=time_split) if warm_start else None
    return _Start(model, settings, documents, time_split, past, parent)


def _name(settings: Settings, version: str, alias: str | None) -> None:
    if alias == CHAMPION:
        appoint(settings, version)
    elif alias:
        set_alias(settings, version, alias)


def _interrupted(settings: Settings, word: str, model: str) -> TrainingRun:
    run = unfinished_run(settings, word)
    if run.model != model:
        raise TrainingError(f"Run {run.run_id} trains {run.model}, not {model}. Resume it by that name.")
    return run


def _with_workers(settings: Settings, model: str, workers: int) -> Settings:
    if model != "bert":
        raise TrainingError(
            f"Another number of workers is for bert, not for {model}: set it in the settings."
        )
    bert = settings.train.bert.model_copy(update={"num_workers": workers})
    return settings.model_copy(update={"train": settings.train.model_copy(update={"bert": bert})})


def _with_labels(settings: Settings) -> Settings:
    """The settings with the version of the corrected labels in them, so that the bundle says which it learnt from."""
    labels = settings.train.labels
    if not labels.corrections or labels.version is not None:
        return settings
    pinned = labels.model_copy(update={"version": newest_corrections(settings)})
    return settings.model_copy(update={"train": settings.train.model_copy(update={"labels": pinned})})


def _parent(model: str, settings: Settings, word: str, documents: DocumentSet, *, time_split: bool) -> str:
    """The bundle folder of the model that the training goes on from."""
    if model != "xgboost":
        raise TrainingError(f"A training of {model} cannot start from a champion; one of xgboost can.")
    from trending.training.xgboost.warm_start import resolve_parent

    return str(resolve_parent(settings, word, documents, time_split=time_split))


@contextmanager
def _kept_for_resuming(run: TrainingRun) -> Iterator[None]:
    """The checkpoints of an interrupted training stay, those of a finished one go."""
    try:
        yield
    except BaseException:
        if run.model not in ON_RAY:
            run.remove()
        raise
    run.remove()


def _bundle(
    fitted: GenreModel, documents: DocumentSet, settings: Settings, folder: Path, *, time_split: bool
) -> tuple[Bundle, Mapping[str, float]]:
    validation = documents.subset("validation")
    probabilities = predict_known(fitted, validation.documents, settings)
    measured = None
    if settings.train.calibration.methods:
        found = fit_on(validation, probabilities, settings.train)
        fitted.calibration, measured = found.calibration, found.measured()
        probabilities = found.calibration.apply(probabilities)
    thresholds = tune_thresholds(validation.labels, probabilities)
    chosen = probabilities >= np.asarray(thresholds)
    metrics = scores(validation.labels, chosen, probabilities, validation.genres).headline()
    bundle = save_bundle(
        fitted,
        folder,
        thresholds=thresholds,
        snapshot_id=documents.snapshot_id,
        max_reviews=settings.train.document.max_reviews,
        time_split=time_split,
        settings=settings.train.model_dump(mode="json"),
        metrics=metrics,
        measured=measured,
    )
    return bundle, metrics


@contextmanager
def _removed_on_error(folder: Path) -> Iterator[None]:
    """A bundle that was never registered is not left lying about, also after Ctrl-C."""
    try:
        yield
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def _test(bundle: Bundle, documents: DocumentSet, settings: Settings) -> tuple[Scores, dict[str, Interval]]:
    """Scores of the bundle as it was loaded back from disk: of what will be served."""
    test = documents.subset("test")
    ((found, ci95, _),) = score_all(settings, test, [predictions(bundle, test, settings)])
    return found, ci95


def _assert_enough(documents: DocumentSet) -> None:
    for split in SPLITS:
        count = int((documents.splits == split).sum())
        if count < MIN_TITLES:
            raise TrainingError(
                f"Snapshot {documents.snapshot_id} has {count} labelled titles in the {split} split, fewer than "
                f"{MIN_TITLES}. Ingest more titles, or check that the taxonomy maps their genres."
            )
