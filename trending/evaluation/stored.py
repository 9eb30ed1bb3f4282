"""Records of evaluations that were kept: which one is the newest of a bundle."""

from __future__ import annotations

from pathlib import Path

from trending.errors import EvaluationError
from trending.evaluation.assembly import EVALUATIONS, NAME_DIGITS, RECORD_FILE
from trending.evaluation.record import EvaluationRecord, read_record
from trending.settings import Settings


def newest_record(settings: Settings, digest: str) -> tuple[Path, EvaluationRecord]:
    """The record of the newest evaluation of the bundle with this digest, and its file.

    Raises `EvaluationError` where the bundle was never evaluated here.
    """
    folder = settings.reports_dir / EVALUATIONS
    files = folder.glob(f"{digest[:NAME_DIGITS]}-*/{RECORD_FILE}")
    found = [(path, read_record(path)) for path in files]
    found = [(path, record) for path, record in found if record.subject.digest == digest]
    if not found:
        raise EvaluationError(
            f"{folder}: holds no evaluation of bundle {digest[:NAME_DIGITS]}. `trending evaluate` makes one."
        )
    return max(found, key=lambda pair: (pair[1].created_at, pair[0].parent.name))
