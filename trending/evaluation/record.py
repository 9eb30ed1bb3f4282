"""The record of an evaluation: everything that was found out about one bundle, as plain data.

The report, the model card, the comparison and the promotion gate read it; only the evaluation writes it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from trending.evaluation.bootstrap import Interval

FORMAT = 1


@dataclass(frozen=True)
class Subject:
    """Which bundle was evaluated, on what."""

    model: str
    """The kind of model: `linear`, `xgboost`, ..."""
    version: str | None
    run_id: str | None
    bundle: str
    """Folder."""
    digest: str
    """SHA-256 of the bundle's manifest: the identity of the model."""
    trained_on: int
    """Snapshot."""
    evaluated_on: int
    """Snapshot."""
    time_split: bool
    titles: int
    titles_digest: str
    """SHA-256 of the sorted ids of the titles: two records with the same one can be compared."""


@dataclass(frozen=True)
class GenreRow:
    """One genre on the test titles. A value is nan where no title, or every title, has the genre."""

    genre: str
    support: int
    threshold: float
    precision: float
    recall: float
    f1: float
    f1_ci95: Interval
    roc_auc: float
    average_precision: float
    brier: float
    calibration_error: float


@dataclass(frozen=True)
class ReliabilityBin:
    """One bar of a reliability diagram: of `titles` with probabilities near `given`, the share `true` was so."""

    given: float
    true: float
    titles: int


@dataclass(frozen=True)
class Confusion:
    """How often titles of the genre `true` that were not given it were given `given` wrongly instead."""

    true: str
    given: str
    titles: int
    share: float
    """Of the titles of `true`."""


@dataclass(frozen=True)
class SliceRow:
    """One slice of the test titles."""

    attribute: str
    """`platform`, `decade`, ..., or `expression`."""
    value: str
    titles: int
    micro_f1: float
    macro_f1: float
    """Mean over the genres that occur in the slice."""
    micro_f1_ci95: Interval
    difference: float
    """Micro-F1 of the slice minus that of all other titles."""
    p_value: float
    """Two-sided, bootstrap, Holm-corrected over all slices of the record."""

    @property
    def name(self) -> str:
        """`platform=netflix`."""
        return f"{self.attribute}={self.value}"


@dataclass(frozen=True)
class RobustnessRow:
    """One kind of change to the text, and how often the answers bore it."""

    name: str
    kind: str
    """`invariance`: the answer must stay; `direction`: the named genre must not fall; `injection`."""
    description: str
    cases: int
    passed: int
    failures: list[Mapping[str, Any]] = field(default_factory=list)
    """The first of them: `title_id`, `before`, `after` (genres), `changed` (the text as changed, shortened)."""

    @property
    def pass_rate(self) -> float:
        """Share of the cases that passed; 1 without a case."""
        return self.passed / self.cases if self.cases else 1.0


@dataclass(frozen=True)
class ServingCost:
    """What answering costs on the machine of the evaluation, in this process, without a service around it."""

    latency_p50_ms: float
    latency_p99_ms: float
    """Of one title at a time."""
    titles_per_s: float
    """In batches."""
    memory_mib: float
    """What loading and running the model added to the process."""
    size_mib: float
    """The bundle on disk."""
    machine: str


@dataclass(frozen=True)
class EvaluationRecord:
    """Everything found out about one bundle. Parts that were not asked for are empty or None."""

    subject: Subject
    created_at: str
    """ISO 8601, UTC."""
    code_revision: str
    scores: Mapping[str, float]
    """`micro_f1`, `macro_f1`, `weighted_f1`, `samples_f1`, `map`, `roc_auc`, `hit_at_1`, `hit_at_3`,
    `exact_match`, `log_loss`, `calibration_error`, `mean_genre_calibration_error`, `brier`."""
    ci95: Mapping[str, Interval]
    """Of those scores that are resampled."""
    genres: list[GenreRow]
    reliability: Mapping[str, list[ReliabilityBin]]
    """By genre, and `all`."""
    confusions: list[Confusion]
    """Most frequent first."""
    slices: list[SliceRow]
    """Worst first."""
    robustness: list[RobustnessRow]
    explanations: Mapping[str, Any] | None
    """Deletion check: `drop_top`, `drop_random` (mean fall of the genre's probability), `cases`, `examples`."""
    cost: ServingCost | None
    seconds: float
    """That the evaluation took."""
    format: int = FORMAT

    def write(self, path: Path) -> None:
        """As JSON."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(asdict(self), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def read_record(path: Path) -> EvaluationRecord:
    """The record that `write` wrote. Raises `ValueError` for another format."""
    found = json.loads(path.read_text(encoding="utf-8"))
    if found.get("format") != FORMAT:
        raise ValueError(f"{path}: format {found.get('format')!r}, but this version reads {FORMAT}.")
    pairs = {name: tuple(value) for name, value in found["ci95"].items()}
    cost = found["cost"]
    return EvaluationRecord(
        **{
            **found,
            "subject": Subject(**found["subject"]),
            "ci95": pairs,
            "genres": [GenreRow(**{**row, "f1_ci95": tuple(row["f1_ci95"])}) for row in found["genres"]],
            "reliability": {
                genre: [ReliabilityBin(**row) for row in rows] for genre, rows in found["reliability"].items()
            },
            "confusions": [Confusion(**row) for row in found["confusions"]],
            "slices": [
                SliceRow(**{**row, "micro_f1_ci95": tuple(row["micro_f1_ci95"])}) for row in found["slices"]
            ],
            "robustness": [RobustnessRow(**row) for row in found["robustness"]],
            "cost": ServingCost(**cost) if cost else None,
        }
    )
