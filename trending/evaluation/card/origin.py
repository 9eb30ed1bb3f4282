"""Where a model comes from: data, run, code and time, as lines of name and value."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from trending.evaluation.card.data import DataFacts
from trending.evaluation.card.metadata import base_model
from trending.evaluation.card.run import RunFacts
from trending.evaluation.energy import estimate_energy
from trending.evaluation.record import EvaluationRecord
from trending.models.bundle import Manifest
from trending.quality.page import number

Line = tuple[str, str]


def origin_lines(
    record: EvaluationRecord, manifest: Manifest, run: RunFacts | None, data: DataFacts | None
) -> list[Line]:
    """The lines in order; what is not known has none."""
    return [
        line for line in (*_data(record, data), *_training(manifest, run), *_evaluation(record)) if line[1]
    ]


def _data(record: EvaluationRecord, data: DataFacts | None) -> list[Line]:
    subject = record.subject
    split = "by time: later additions are the test titles" if subject.time_split else "by title, at random"
    lines = [("Trained on snapshot", str(subject.trained_on)), ("Split", split)]
    if data is None:
        return lines
    checks = [f"{number(count)} {status}" for status, count in data.checks.most_common()]
    f1 = data.keyword_f1
    return [
        *lines,
        ("Sources", ", ".join(data.sources)),
        ("Rows of titles in", _rows(data)),
        ("Reviews", number(data.reviews) if data.reviews is not None else ""),
        ("Quality checks", ", ".join(checks)),
        (
            "Plots that state their genre",
            f"{number(data.leaked_plots)}, which models read masked" if data.leaked_plots is not None else "",
        ),
        (
            "Guessing from genre names",
            f"micro-F1 {f1[0]:.3f} in the plots as they are, {f1[1]:.3f} masked" if f1 else "",
        ),
        ("Data card", str(data.card) if data.card else ""),
    ]


def _rows(data: DataFacts) -> str:
    if data.rows_in is None:
        return ""
    parts = [("accepted", data.accepted), ("merged", data.merged), ("in quarantine", data.quarantined)]
    told = ", ".join(f"{number(count)} {name}" for name, count in parts if count is not None)
    return f"{number(data.rows_in)}: {told}" if told else number(data.rows_in)


def _training(manifest: Manifest, run: RunFacts | None) -> list[Line]:
    section = manifest.settings.get(manifest.model) or {}
    workers = section.get("num_workers")
    lines = [
        ("Encoder inside", base_model(manifest) or ""),
        ("Trained by code", manifest.code_revision),
        ("Bundle made", manifest.created_at),
        ("Workers", str(workers) if workers else ""),
        ("Calibrated on validation (genres)", _calibrated(manifest)),
        ("Seed", str(manifest.settings.get("seed", ""))),
    ]
    if run is None:
        return lines
    return [
        *lines,
        ("MLflow run", run.run_id),
        ("Aliases when this was written", ", ".join(run.aliases)),
        ("Training began", f"{run.started_at:%Y-%m-%d %H:%M} UTC"),
        ("Training took", seconds_text(run.seconds) if run.seconds is not None else ""),
        ("Energy of the training", energy_text(run)),
    ]


def _evaluation(record: EvaluationRecord) -> list[Line]:
    return [
        ("Bundle evaluated", record.subject.bundle),
        ("SHA-256 of its manifest", record.subject.digest),
        ("Evaluated", f"{record.created_at}, code {record.code_revision}"),
        ("Evaluation took", seconds_text(record.seconds)),
    ]


def energy_text(run: RunFacts) -> str:
    """What the training may have taken of energy; empty where the run does not tell enough to estimate it."""
    if run.seconds is None or run.cores is None or run.memory_gib is None or run.gpus != 0:
        return ""
    found = estimate_energy(run.seconds, cores=run.cores, memory_gib=run.memory_gib)
    return f"about {found.kwh:.2g} kWh. {found.assumptions}"


def _calibrated(manifest: Manifest) -> str:
    """How many genres went through which curve; empty where the model answers by itself."""
    fitted: Mapping[str, Any] = manifest.calibration or {}
    methods = Counter(str(one["method"]) for one in fitted.get("calibrators", ()))
    return ", ".join(f"{method} ({number(count)})" for method, count in methods.most_common())


def seconds_text(seconds: float) -> str:
    """`957.7 s (16 min)`."""
    minutes = seconds / 60
    rough = (
        f" ({minutes:.0f} min)"
        if 2 <= minutes < 120
        else f" ({minutes / 60:.1f} h)"
        if minutes >= 120
        else ""
    )
    return f"{seconds:,.1f} s{rough}"
