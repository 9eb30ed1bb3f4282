"""What calibration brought one bundle, on the test titles that neither its model nor its curves have seen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from trending.catalog.snapshots import resolve_snapshot
from trending.errors import TrainingError
from trending.evaluation.calibrating import fit_on
from trending.evaluation.calibration import (
    GenreCalibration,
    error_by_chance,
    genre_calibration,
    mean_calibration_error,
)
from trending.evaluation.predict import predict_known
from trending.features.documents import DocumentSet, load_documents
from trending.models.base import Probabilities
from trending.models.bert_model import BertModel
from trending.models.bundle import Bundle, load_bundle
from trending.models.calibrators import Calibration, log_odds, sigmoid, without_calibration
from trending.models.registry import resolve_model
from trending.progress import Report, silent
from trending.settings import Settings

RAW, TEMPERATURE, CALIBRATED = "raw", "one temperature", "calibrated"


@dataclass(frozen=True)
class CalibrationCheck:
    """Each stage of a bundle's probabilities: `raw`, with `one temperature` (bert alone), `calibrated`."""

    bundle: Path
    model: str
    titles: int
    fitted_here: bool
    """The bundle has no calibration: the one shown was fitted for this check, on its validation titles."""
    methods: Mapping[str, str]
    """The curve of each genre."""
    stages: Mapping[str, list[GenreCalibration]]
    by_chance: Mapping[str, float]
    """By genre: the error that the calibrated probabilities would show here if they were exactly right."""

    def means(self, *, least: int) -> dict[str, float]:
        """Mean calibration error of each stage over the genres with so many titles, and that by chance."""
        last = self.stages[CALIBRATED]
        chance = [self.by_chance[row.genre] for row in last if row.support >= least]
        means = {stage: mean_calibration_error(rows, least=least) for stage, rows in self.stages.items()}
        return means | {"by chance": float(np.mean(chance)) if chance else float("nan")}

    def as_json(self, *, least: int) -> dict[str, Any]:
        """Plain values; `least` is that of `means`."""
        found = asdict(self)
        return found | {
            "bundle": str(self.bundle),
            "least_titles": least,
            "mean_error": self.means(least=least),
        }


def check_calibration(
    settings: Settings, word: str, *, snapshot: str | int | None = None, report: Report = silent
) -> CalibrationCheck:
    """The calibration of the bundle that `word` names, on the test titles of a snapshot (None: its own).

    Raises `RegistryError` for a word that names nothing, `BundleError` for a damaged bundle, `TrainingError` where
    there is no test title.
    """
    bundle = load_bundle(resolve_model(settings, word).folder)
    manifest = bundle.manifest
    snapshot_id = resolve_snapshot(settings, snapshot or manifest.snapshot_id)
    documents = load_documents(settings, snapshot_id, time_split=manifest.time_split)
    test = documents.subset("test")
    if not len(test.documents):
        raise TrainingError(f"Snapshot {snapshot_id} has no test title. Ingest more titles.")
    raw = without_calibration(bundle.model)
    report(f"Scoring {manifest.model} on {len(test.documents):,} test titles")
    given = predict_known(raw, test.documents, settings, report=report)
    calibration = bundle.model.calibration or _fitted(bundle, documents, settings, report)
    answers = _first_stages(bundle, given) | {CALIBRATED: calibration.apply(given)}
    methods = [one.method for one in calibration.calibrators]
    return CalibrationCheck(
        bundle=bundle.folder,
        model=manifest.model,
        titles=len(test.documents),
        fitted_here=bundle.model.calibration is None,
        methods=dict(zip(test.genres, methods, strict=True)),
        stages={
            stage: genre_calibration(test.labels, answer, test.genres) for stage, answer in answers.items()
        },
        by_chance=dict(zip(test.genres, error_by_chance(answers[CALIBRATED]), strict=True)),
    )


def _first_stages(bundle: Bundle, given: Probabilities) -> dict[str, Probabilities]:
    """bert's own state holds one temperature for all genres already: raw is what its network said before that."""
    if not isinstance(bundle.model, BertModel):
        return {RAW: given}
    logits = log_odds(given) * bundle.model.temperature
    return {RAW: sigmoid(logits).astype(np.float32), TEMPERATURE: given}


def _fitted(bundle: Bundle, documents: DocumentSet, settings: Settings, report: Report) -> Calibration:
    validation = documents.subset("validation")
    report(f"Fitting curves on {len(validation.documents):,} validation titles")
    given = predict_known(bundle.model, validation.documents, settings, report=report)
    return fit_on(validation, given, settings.train).calibration
