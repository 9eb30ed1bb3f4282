"""Everything that an evaluation finds out about one bundle, put together into its record."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from trending.evaluation.bootstrap import Interval, Predictions
from trending.evaluation.calibration import (
    GenreCalibration,
    calibration_error,
    genre_calibration,
    log_loss,
    mean_calibration_error,
    reliability,
)
from trending.evaluation.confusion import confusions
from trending.evaluation.metrics import Scores
from trending.evaluation.parts import full_parts
from trending.evaluation.record import EvaluationRecord, GenreRow, Subject
from trending.evaluation.resampling import genre_counts, genre_f1, interval, resampled
from trending.evaluation.slices import Slice, make_slices, slice_rows, title_facts
from trending.models.base import Labels
from trending.models.bundle import Bundle, code_revision
from trending.models.registry import Resolved
from trending.progress import Report, silent
from trending.settings import Settings

if TYPE_CHECKING:
    import pandas as pd

    from trending.features.documents import DocumentSet

EVALUATIONS = "evaluations"
RECORD_FILE = "evaluation.json"
NAME_DIGITS = 12
"""Of the bundle's digest, in the name of an evaluation's folder."""


@dataclass(frozen=True)
class Questions:
    """What an evaluation asks about its titles, the same of every bundle."""

    titles: DocumentSet
    facts: pd.DataFrame
    """Row i belongs to title i."""
    slices: Sequence[Slice]
    full: bool
    """Robustness, explanations and cost too."""


def make_questions(
    settings: Settings, titles: DocumentSet, *, expressions: Sequence[str] = (), full: bool = False
) -> Questions:
    """The slices of these titles, and of the expressions. Raises `SliceError` for one that says nothing."""
    facts = title_facts(settings, titles)
    slices = make_slices(facts, least=settings.evaluation.least_titles, expressions=expressions)
    return Questions(titles, facts, slices, full)


def assemble_record(
    settings: Settings,
    bundle: Bundle,
    resolved: Resolved,
    questions: Questions,
    answer: Predictions,
    figures: tuple[Scores, Mapping[str, Interval]],
    *,
    seconds: float = 0.0,
    report: Report = silent,
) -> EvaluationRecord:
    """The record of a bundle that gave this answer; `figures` are its scores and their intervals.

    `seconds` is what scoring took before; what is measured here is added.
    """
    began = time.perf_counter()
    titles, truth = questions.titles, questions.titles.labels
    found, ci95 = figures
    calibration = genre_calibration(truth, answer.probabilities, titles.genres)
    parts = full_parts(bundle, titles, questions.facts, settings, report=report) if questions.full else None
    report(f"Slices and genres of {bundle.manifest.model}")
    return EvaluationRecord(
        subject=_subject(bundle, resolved, titles),
        created_at=datetime.now(UTC).isoformat(timespec="seconds"),
        code_revision=code_revision(),
        scores=found.overall() | _calibration_scores(truth, answer, calibration),
        ci95=dict(ci95),
        genres=_genre_rows(settings, bundle, truth, answer, found, calibration),
        reliability=reliability(truth, answer.probabilities, titles.genres),
        confusions=confusions(truth, answer.chosen, titles.genres),
        slices=slice_rows(
            questions.slices,
            truth,
            answer,
            samples=settings.train.bootstrap_samples,
            seed=settings.train.seed,
        ),
        robustness=parts.robustness if parts else [],
        explanations=parts.explanations if parts else None,
        cost=parts.cost if parts else None,
        seconds=round(seconds + time.perf_counter() - began, 1),
    )


def record_path(settings: Settings, record: EvaluationRecord) -> Path:
    """A new file for the record: one folder an evaluation, named by the bundle and the time."""
    name = f"{record.subject.digest[:NAME_DIGITS]}-{datetime.now(UTC):%Y%m%dT%H%M%S%f}"
    return settings.reports_dir / EVALUATIONS / name / RECORD_FILE


def titles_digest(titles: DocumentSet) -> str:
    """SHA-256 of the sorted ids of the titles."""
    return hashlib.sha256("\n".join(sorted(titles.title_ids)).encode()).hexdigest()


def _subject(bundle: Bundle, resolved: Resolved, titles: DocumentSet) -> Subject:
    manifest = bundle.manifest
    return Subject(
        model=manifest.model,
        version=resolved.version,
        run_id=resolved.run_id,
        bundle=str(bundle.folder),
        digest=bundle.digest,
        trained_on=manifest.snapshot_id,
        evaluated_on=titles.snapshot_id,
        time_split=manifest.time_split,
        titles=len(titles.documents),
        titles_digest=titles_digest(titles),
    )


def _calibration_scores(
    truth: Labels, answer: Predictions, by_genre: Sequence[GenreCalibration]
) -> dict[str, float]:
    return {
        "log_loss": log_loss(truth, answer.probabilities),
        "calibration_error": calibration_error(truth, answer.probabilities),
        "mean_genre_calibration_error": mean_calibration_error(by_genre),
        "brier": float(np.mean([one.brier for one in by_genre])),
    }


def _genre_rows(
    settings: Settings,
    bundle: Bundle,
    truth: Labels,
    answer: Predictions,
    found: Scores,
    calibration: Sequence[GenreCalibration],
) -> list[GenreRow]:
    counts = genre_counts(truth, answer.chosen)
    sums = resampled(
        counts.reshape(len(truth), -1),
        [np.arange(len(truth))],
        samples=settings.train.bootstrap_samples,
        seed=settings.train.seed,
    )
    drawn = genre_f1(sums.reshape(-1, *counts.shape[1:]))
    return [
        GenreRow(
            genre=one.genre,
            support=one.support,
            threshold=bundle.thresholds[k],
            precision=one.precision,
            recall=one.recall,
            f1=one.f1,
            f1_ci95=interval(drawn[:, k]),
            roc_auc=one.roc_auc,
            average_precision=one.average_precision,
            brier=calibrated.brier,
            calibration_error=calibrated.calibration_error,
        )
        for k, (one, calibrated) in enumerate(zip(found.genres, calibration, strict=True))
    ]
