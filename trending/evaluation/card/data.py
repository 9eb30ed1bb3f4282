"""What the ingest kept about the snapshot that a bundle was trained on."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trending.settings import Settings


@dataclass(frozen=True)
class DataFacts:
    """The last ingest of a snapshot. None where the ingest did not say."""

    snapshot_id: int
    sources: tuple[str, ...]
    rows_in: int | None
    accepted: int | None
    merged: int | None
    quarantined: int | None
    leaked_plots: int | None
    """Plots that state their own genre, which models read masked."""
    keyword_f1: tuple[float, float] | None
    """Micro-F1 of guessing genres from their bare names in the plot, before and after masking."""
    reviews: int | None
    checks: Counter[str]
    """Quality checks by status."""
    card: Path | None
    """The snapshot's data card."""


def read_data_facts(settings: Settings, snapshot_id: int) -> DataFacts | None:
    """From the snapshot's folder; None where it has none."""
    folder = settings.snapshots_dir / str(snapshot_id)
    ingest = _json(folder / "ingest.json")
    if ingest is None:
        return None
    before, after = ingest.get("keyword_f1"), ingest.get("keyword_f1_masked")
    card = folder / "data_card.html"
    return DataFacts(
        snapshot_id=snapshot_id,
        sources=tuple(str(name) for name in ingest.get("sources") or ()),
        rows_in=ingest.get("rows_in"),
        accepted=ingest.get("accepted"),
        merged=ingest.get("merged"),
        quarantined=ingest.get("quarantined"),
        leaked_plots=ingest.get("leaked_plots"),
        keyword_f1=(float(before), float(after)) if before is not None and after is not None else None,
        reviews=(ingest.get("reviews") or {}).get("accepted"),
        checks=Counter(str(check["status"]) for check in _json(folder / "checks.json") or ()),
        card=card if card.is_file() else None,
    )


def _json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None
