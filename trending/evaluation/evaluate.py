"""Bundles on the untouched test split, all on the same titles."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from trending.catalog.snapshots import resolve_snapshot
from trending.errors import TrainingError
from trending.evaluation.assembly import Questions, assemble_record, make_questions, record_path
from trending.evaluation.bootstrap import Draws, Interval, Predictions, differences, draw_scores, intervals
from trending.evaluation.metrics import Scores, scores
from trending.evaluation.predict import predict_titles
from trending.evaluation.record import EvaluationRecord
from trending.features.documents import load_documents
from trending.models.base import Labels
from trending.models.bundle import Bundle, load_bundle
from trending.models.registry import Resolved, resolve_model
from trending.progress import Report, silent
from trending.settings import Settings

if TYPE_CHECKING:
    from trending.features.documents import DocumentSet

Figures = tuple[Scores, dict[str, Interval], dict[str, Interval] | None]
"""Of one model: scores, their intervals, those of the paired differences from the last model."""


@dataclass(frozen=True)
class Evaluated:
    """One model's scores on the test titles."""

    word: str
    """What the caller named it by."""
    model: str
    """The kind of model: `linear`, `xgboost`, ..."""
    version: str | None
    bundle: Path
    scores: Scores
    ci95: dict[str, Interval]
    gain: dict[str, Interval] | None
    """95% interval of the difference from the baseline, paired by title. None for the baseline itself."""
    record: EvaluationRecord
    record_file: Path

    def test_json(self) -> dict[str, Any]:
        """The headline scores with their intervals: the `test` of every job's JSON."""
        return test_json(self.scores, self.ci95)


@dataclass(frozen=True)
class EvaluationResult:
    """Models side by side on one snapshot's test titles; the last is the baseline of the differences."""

    snapshot_id: int
    titles: int
    time_split: bool
    models: list[Evaluated]
    report: Path

    def as_json(self) -> dict[str, Any]:
        """The first model's `test`, and every model in full."""
        return {
            "snapshot_id": self.snapshot_id,
            "titles": self.titles,
            "time_split": self.time_split,
            "test": self.models[0].test_json(),
            "report": str(self.report),
            "record": str(self.models[0].record_file),
            "models": [
                {
                    "word": one.word,
                    "model": one.model,
                    "version": one.version,
                    "bundle": str(one.bundle),
                    "test": one.test_json(),
                    "gain_ci95": one.gain,
                    "genres": one.scores.as_json()["genres"],
                    "slices": [asdict(row) for row in one.record.slices],
                    "record": str(one.record_file),
                }
                for one in self.models
            ],
        }


def test_json(found: Scores, ci95: dict[str, Interval]) -> dict[str, Any]:
    """Headline scores and their 95% intervals as plain values."""
    return {**found.headline(), "ci95": {name: list(interval) for name, interval in ci95.items()}}


def evaluate(
    settings: Settings,
    words: Sequence[str],
    *,
    snapshot: str | int = "latest",
    expressions: Sequence[str] = (),
    full: bool = False,
    report: Report = silent,
) -> EvaluationResult:
    """Score the models that `words` name, and write the report and a record of each.

    All must know the same genres and have been split the same way. `expressions` are slices beside those of
    `trending.evaluation.slices`; `full` measures robustness, explanations and the cost of serving too. Raises
    `RegistryError` for a word that names nothing, `BundleError` for a damaged bundle, `SliceError` for an expression
    that makes no slice, `TrainingError` where the models cannot be compared.
    """
    from trending.evaluation.report import write_report

    resolved = [resolve_model(settings, word) for word in words]
    bundles = [load_bundle(one.folder) for one in resolved]
    time_split = _common_split(words, bundles)
    snapshot_id = resolve_snapshot(settings, snapshot)
    tests = [held_out_titles(settings, bundle, snapshot_id) for bundle in bundles]
    test = tests[0]
    questions = make_questions(settings, test, expressions=expressions, full=full)
    answers, seconds = _answers(settings, bundles, tests, report)
    report("Bootstrap intervals")
    found = score_all(settings, test, answers)
    models = [
        _evaluated(
            settings,
            word,
            one,
            bundle,
            replace(questions, titles=titles),
            answer,
            figures,
            seconds=took,
            report=report,
        )
        for word, one, bundle, titles, answer, figures, took in zip(
            words, resolved, bundles, tests, answers, found, seconds, strict=True
        )
    ]
    path = write_report(settings, snapshot_id, models, titles=len(test.documents), time_split=time_split)
    return EvaluationResult(snapshot_id, len(test.documents), time_split, models, path)


def _answers(
    settings: Settings, bundles: Sequence[Bundle], tests: Sequence[DocumentSet], report: Report
) -> tuple[list[Predictions], list[float]]:
    answers, seconds = [], []
    for bundle, titles in zip(bundles, tests, strict=True):
        report(f"Scoring {bundle.manifest.model} on {len(titles.documents):,} test titles")
        began = time.perf_counter()
        answers.append(predictions(bundle, titles, settings, report=report))
        seconds.append(time.perf_counter() - began)
    return answers, seconds


def held_out_titles(settings: Settings, bundle: Bundle, snapshot_id: int) -> DocumentSet:
    """The test titles of a snapshot, with the documents that the bundle would be asked about where it serves: as many
    reviews as it was trained with. Raises `TrainingError` where there is no such title."""
    document = settings.train.document.model_copy(update={"max_reviews": bundle.manifest.max_reviews})
    as_served = settings.model_copy(
        update={"train": settings.train.model_copy(update={"document": document})}
    )
    titles = load_documents(as_served, snapshot_id, time_split=bundle.manifest.time_split).subset("test")
    if not titles.documents:
        raise TrainingError(f"Snapshot {snapshot_id} has no test title. Ingest more titles.")
    return titles


def predictions(
    bundle: Bundle, titles: DocumentSet, settings: Settings, *, report: Report = silent
) -> Predictions:
    """The bundle's answers for the titles, thresholds applied."""
    probabilities = predict_titles(bundle, titles.documents, settings, report=report)
    return Predictions(probabilities >= np.asarray(bundle.thresholds), probabilities)


def score_all(settings: Settings, titles: DocumentSet, answers: Sequence[Predictions]) -> list[Figures]:
    """Scores, intervals and, against the last model, paired differences of each model."""
    truth: Labels = titles.labels
    drawn: list[Draws] = draw_scores(
        truth, answers, samples=settings.train.bootstrap_samples, seed=settings.train.seed
    )
    return [
        (
            scores(truth, answer.chosen, answer.probabilities, titles.genres),
            intervals(draws),
            None if draws is drawn[-1] else differences(draws, drawn[-1]),
        )
        for answer, draws in zip(answers, drawn, strict=True)
    ]


def _evaluated(
    settings: Settings,
    word: str,
    resolved: Resolved,
    bundle: Bundle,
    questions: Questions,
    answer: Predictions,
    figures: Figures,
    *,
    seconds: float,
    report: Report,
) -> Evaluated:
    """One model's figures, and its record written down."""
    found, ci95, gain = figures
    record = assemble_record(
        settings, bundle, resolved, questions, answer, (found, ci95), seconds=seconds, report=report
    )
    file = record_path(settings, record)
    record.write(file)
    return Evaluated(
        word, bundle.manifest.model, resolved.version, resolved.folder, found, ci95, gain, record, file
    )


def _common_split(words: Sequence[str], bundles: Sequence[Bundle]) -> bool:
    first = bundles[0].manifest
    for word, bundle in zip(words, bundles, strict=True):
        if bundle.manifest.time_split != first.time_split:
            raise TrainingError(
                f"{words[0]} and {word} were not split the same way (one by time): their test titles differ. "
                "Evaluate them apart."
            )
        if bundle.model.genres != bundles[0].model.genres:
            raise TrainingError(f"{words[0]} and {word} do not know the same genres. Evaluate them apart.")
    return first.time_split
