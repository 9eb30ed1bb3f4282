"""How a model does on titles unlike those that it learnt from: later ones, and those of another platform."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from trending.catalog.snapshots import resolve_snapshot
from trending.errors import TrainingError
from trending.evaluation.bootstrap import Interval, Predictions, differences, draw_scores
from trending.evaluation.evaluate import score_all
from trending.evaluation.metrics import scores
from trending.evaluation.predict import predict_known
from trending.features.documents import DocumentSet, load_documents
from trending.models.bundle import code_revision
from trending.models.thresholds import tune_thresholds
from trending.progress import Report, silent
from trending.settings import Settings
from trending.training.fitting import check_model, fit, session_for
from trending.training.holdouts import Holdout, check_holdout, choose_platforms, of_platform, read_origins
from trending.training.run import TrainingRun
from trending.training.tracking import training_run

EXPERIMENT = "trending-generalisation"
"""MLflow's, apart from the trainings whose models are registered."""


@dataclass(frozen=True)
class SameTitles:
    """A model that never saw a platform, on test titles of the random split, beside the one that knows the platform."""

    titles: int
    scores: Mapping[str, float]
    """Of the model that never saw the platform."""
    random_split: Mapping[str, float]
    """Of the model of the random split: it learnt from other titles of the platform, not from these."""
    difference_ci95: Mapping[str, Interval]
    """The first minus the second, paired title by title."""


@dataclass(frozen=True)
class HoldoutResult:
    """A model trained and tested with the titles held out in one way."""

    name: str
    """`random`, `time`, or `without Netflix`."""
    platform: str | None
    """That was left out of training and is the test."""
    train_titles: int
    test_titles: int
    scores: Mapping[str, float]
    """On the test titles: the headline scores."""
    ci95: Mapping[str, Interval]
    same_titles: SameTitles | None
    """Where a platform was left out."""


@dataclass(frozen=True)
class Generalisation:
    """One kind of model, its titles held out in several ways."""

    model: str
    snapshot_id: int
    seconds: float
    holdouts: list[HoldoutResult]
    report: Path

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self) | {"report": str(self.report)}


@dataclass(frozen=True)
class _Answered:
    holdout: Holdout
    test: DocumentSet
    answer: Predictions


def generalise(
    model: str,
    settings: Settings,
    *,
    snapshot: str | int = "latest",
    platforms: Sequence[str] = (),
    report: Report = silent,
) -> Generalisation:
    """Train and test `model` on the random split, on the time split, and without each platform in turn.

    `platforms` are those to leave out; none named, the largest. A model without a platform learns from the titles of
    all others but those whose work or plot the platform has too, and is tested on all of the platform's titles.
    Nothing is registered; every training is an MLflow run of the experiment `EXPERIMENT`. Raises `TrainingError` for
    a model that cannot be trained alone, too few titles or a platform that there is not, `SnapshotError` where there
    is no such data.
    """
    check_model(model)
    if model == "blend":
        raise TrainingError("A blend weighs models that are trained already: ask for each of its members.")
    began = time.perf_counter()
    snapshot_id = resolve_snapshot(settings, snapshot)
    report("Reading documents")
    holdouts = _holdouts(settings, snapshot_id, platforms)
    with session_for(model, settings):
        answered = [_answer(model, one, settings, report=report) for one in holdouts]
    report("Bootstrap intervals")
    results = [_result(one, answered[0], settings) for one in answered]
    seconds = round(time.perf_counter() - began, 1)
    file = settings.reports_dir / "generalisation" / f"{model}-{datetime.now(UTC):%Y%m%dT%H%M%S%f}.json"
    found = Generalisation(model, snapshot_id, seconds, results, file)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(found.as_json(), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return found


def _holdouts(settings: Settings, snapshot_id: int, platforms: Sequence[str]) -> list[Holdout]:
    """The random split first; all checked before the first training."""
    documents = load_documents(settings, snapshot_id)
    origins = read_origins(settings, documents)
    chosen = choose_platforms(origins, platforms, least=settings.evaluation.least_titles)
    by_time = load_documents(settings, snapshot_id, time_split=True)
    found = [
        Holdout("random", documents),
        Holdout("time", by_time, time_split=True),
        *(of_platform(documents, origins, platform) for platform in chosen),
    ]
    for one in found:
        check_holdout(one)
    return found


def _answer(model: str, holdout: Holdout, settings: Settings, *, report: Report) -> _Answered:
    """The answers for the test titles of a model trained on the others, thresholds chosen on validation."""
    import mlflow

    documents = holdout.documents
    validation, test = documents.subset("validation"), documents.subset("test")
    with training_run(
        settings, model, documents.snapshot_id, code_revision(), experiment=EXPERIMENT
    ) as run_id:
        mlflow.set_tag("trending.holdout", holdout.name)
        run = _run(settings, run_id, model, holdout)
        try:
            report(f"Training {model}, {holdout.name}")
            fitted = fit(documents, settings, run, report=report)
            report(f"Testing {model}, {holdout.name}, on {len(test.documents):,} titles")
            thresholds = tune_thresholds(
                validation.labels, predict_known(fitted, validation.documents, settings)
            )
            probabilities = predict_known(fitted, test.documents, settings)
        finally:
            run.remove()
        answer = Predictions(probabilities >= np.asarray(thresholds), probabilities)
        found = scores(test.labels, answer.chosen, probabilities, test.genres)
        mlflow.log_metrics({f"test_{name}": value for name, value in found.headline().items()})
    return _Answered(holdout, test, answer)


def _run(settings: Settings, run_id: str, model: str, holdout: Holdout) -> TrainingRun:
    """A training without the record that `trending train --resume` looks for: its titles are split in another way."""
    folder = settings.ray_results_dir / f"generalise-{model}-{run_id}"
    folder.mkdir(parents=True)
    return TrainingRun(
        run_id, model, holdout.documents.snapshot_id, holdout.time_split, settings.train, folder
    )


def _result(one: _Answered, random: _Answered, settings: Settings) -> HoldoutResult:
    ((found, ci95, _),) = score_all(settings, one.test, [one.answer])
    platform = one.holdout.platform
    return HoldoutResult(
        name=one.holdout.name,
        platform=platform,
        train_titles=int((one.holdout.documents.splits == "train").sum()),
        test_titles=len(one.test.documents),
        scores=found.headline(),
        ci95=ci95,
        same_titles=_same_titles(one, random, settings) if platform else None,
    )


def _same_titles(one: _Answered, random: _Answered, settings: Settings) -> SameTitles | None:
    """Both models on the titles that both are tested on; None where there are too few."""
    place = {title_id: row for row, title_id in enumerate(one.test.title_ids)}
    common = [(row, place[t]) for row, t in enumerate(random.test.title_ids) if t in place]
    if len(common) < settings.evaluation.least_titles:
        return None
    there, here = np.array(common).T
    truth = random.test.labels[there]
    answers = [_rows(one.answer, here), _rows(random.answer, there)]
    mine, other = (
        scores(truth, answer.chosen, answer.probabilities, one.test.genres).headline() for answer in answers
    )
    drawn = draw_scores(truth, answers, samples=settings.train.bootstrap_samples, seed=settings.train.seed)
    return SameTitles(len(common), mine, other, differences(*drawn))


def _rows(answer: Predictions, rows: np.ndarray) -> Predictions:
    return Predictions(answer.chosen[rows], answer.probabilities[rows])
