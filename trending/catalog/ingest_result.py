"""What an ingest did, for a person and for machines."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trending.catalog.accounting import Account, Leakage
from trending.catalog.commit import Changes
from trending.quality.checks import CheckReport


@dataclass(frozen=True)
class IngestResult:
    """The figures of one ingest. `changed` is 0 exactly where `snapshot_id` is that of the run before."""

    sources: list[str]
    titles: Account
    reviews: Account
    changes: Changes
    unmapped_labels: dict[str, int]
    """Labels that the taxonomy does not know, and how often they came."""
    not_genres: dict[str, int]
    """Labels that the taxonomy knows to be no genre."""
    warnings: dict[str, int]
    """What was lost of rows that were accepted, such as an unreadable date."""
    quarantine_reasons: dict[str, int]
    """Why rows of titles and reviews were quarantined."""
    leakage: Leakage
    checks: CheckReport | None
    """None where the catalogue has no titles yet, only reviews."""
    snapshot_id: int | None
    """The version of the data after the ingest."""
    card: Path | None
    """The data card as a page (HTML); the Markdown lies beside it."""
    stage_seconds: dict[str, float]

    @property
    def changed(self) -> int:
        """Rows of all three tables that were inserted, replaced or removed."""
        return self.changes.total

    @property
    def seconds(self) -> float:
        """Wall-clock time of all stages."""
        return round(sum(self.stage_seconds.values()), 1)

    def as_json(self) -> dict[str, Any]:
        """Plain values; the counts at the top are those of the titles."""
        return {
            "sources": self.sources,
            **self.titles.as_json(),
            "unmapped_labels": self.unmapped_labels,
            "not_genres": self.not_genres,
            "warnings": self.warnings,
            "quarantine_reasons": self.quarantine_reasons,
            "leaked_plots": self.leakage.leaked_plots,
            "keyword_f1": self.leakage.keyword_f1,
            "keyword_f1_masked": self.leakage.keyword_f1_masked,
            "reviews": self.reviews.as_json(),
            "changed": self.changed,
            "changes": self.changes.as_json(),
            "failed_checks": [result.sentence for result in self.checks.failed_warnings]
            if self.checks
            else [],
            "snapshot_id": self.snapshot_id,
            "card": str(self.card) if self.card else None,
            "seconds": self.seconds,
            "stage_seconds": self.stage_seconds,
        }
