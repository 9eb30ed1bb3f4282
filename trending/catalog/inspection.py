"""Quality of a version before it is committed, and what is kept about it afterwards.

What is profiled and checked is the table as it will be: the accepted rows, and those that stay in the table.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from trending.catalog.dispositions import Dispositions
from trending.catalog.schema import TITLES
from trending.catalog.staging import union
from trending.catalog.tables import SCHEMAS, Tables
from trending.errors import QualityError
from trending.quality.card import CardPaths, write_card
from trending.quality.checks import CheckReport, load_checks, run_checks
from trending.quality.profiles import TITLE_COLUMNS, profile_dataset, profile_table
from trending.settings import Settings

if TYPE_CHECKING:
    from ray.data import Dataset

CARD_ROWS = 50_000
"""Rows of a table that a data card reads; more are sampled by id, so that no process holds every text."""


@dataclass(frozen=True)
class Inspection:
    """A profile of titles, and the checks on it."""

    profile: bytes
    checks: CheckReport


def inspect(
    tables: Tables,
    titles: Dispositions,
    existing_ids: pa.ChunkedArray,
    *,
    settings: Settings,
    previous: int | None,
) -> Inspection | None:
    """Profile and check the titles as the table will hold them; None where only reviews came in and the
    table has no titles yet.

    Raises `QualityError` that names every failed check of severity `error`.
    """
    if not len(existing_ids) and not titles.staged.light.num_rows:
        return None
    before = _stored_profile(settings, previous)
    unchanged = not len(titles.changed)
    profile = before if before and unchanged else _profile(tables, titles, existing_ids)
    report = run_checks(
        load_checks(settings.ingest.checks_file),
        profile,
        previous=before,
        schema=TITLES,
        today=date.today(),
        quarantined=titles.quarantined,
    )
    if report.failed_errors:
        failed = "\n".join(f"  {result.sentence}" for result in report.failed_errors)
        raise QualityError(
            f"{len(report.failed_errors)} quality check(s) failed; nothing was committed:\n{failed}"
        )
    return Inspection(profile, report)


def keep(
    tables: Tables,
    snapshot_id: int,
    inspection: Inspection,
    *,
    summary: Mapping[str, Any],
    settings: Settings,
) -> CardPaths:
    """Store profile, checks, figures and data card in the folder of the snapshot, where they are not yet.

    The card is written last: a folder with a card is complete.
    """
    folder = settings.snapshots_dir / str(snapshot_id)
    card = card_paths(folder)
    if card.html.is_file():
        return card
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "profile.bin").write_bytes(inspection.profile)
    _write_json(folder / "checks.json", inspection.checks.as_json())
    _write_json(folder / "ingest.json", summary)
    return write_card(
        _sample(tables, "titles", snapshot_id, key="title_id"),
        _sample(tables, "reviews", snapshot_id, key="review_id"),
        snapshot_id=snapshot_id,
        summary=summary,
        checks=inspection.checks,
        folder=folder,
    )


def card_paths(folder: Path) -> CardPaths:
    """Where the card of a snapshot's folder is, written or not."""
    return CardPaths(markdown=folder / "data_card.md", html=folder / "data_card.html")


def _stored_profile(settings: Settings, snapshot_id: int | None) -> bytes | None:
    file = settings.snapshots_dir / str(snapshot_id) / "profile.bin"
    return file.read_bytes() if file.is_file() else None


def _profile(tables: Tables, titles: Dispositions, existing_ids: pa.ChunkedArray) -> bytes:
    parts: list[Dataset] = []
    columns: list[str] = list(TITLE_COLUMNS)
    if len(titles.accepted):
        parts.append(titles.staged.rows(titles.accepted, columns=columns).select_columns(columns))
    if not pc.all(pc.is_in(existing_ids, value_set=titles.keys), min_count=0).as_py():
        without = partial(_without, title_ids=titles.keys)
        parts.append(
            tables.read("titles", columns=columns).map_batches(
                without, batch_format="pyarrow", batch_size=None
            )
        )
    both = union(parts)
    if both is None:
        return profile_table(TITLES.empty_table().select(columns))
    return profile_dataset(both, columns)


def _without(batch: pa.Table, *, title_ids: pa.Array) -> pa.Table:
    return batch.filter(pc.invert(pc.is_in(batch["title_id"], value_set=title_ids)))


def _sample(tables: Tables, name: str, snapshot_id: int, *, key: str) -> pa.Table:
    columns = [c for c in SCHEMAS[name].names if c not in ("minhash", "row_hash", "content_hash")]
    total = tables.rows(name, snapshot_id)
    if total <= CARD_ROWS:
        return tables.read_arrow(name, snapshot_id, columns=columns)
    # Ids are hashes in hexadecimal: those below a bound are a fair sample.
    bound = f"{int(CARD_ROWS / total * 16**8):08x}"
    return tables.read_arrow(name, snapshot_id, columns=columns, where=f"{key} < '{bound}'")


def _write_json(file: Path, value: Any) -> None:
    file.write_text(json.dumps(value, indent=2, ensure_ascii=False, default=str) + "\n", encoding="utf-8")
