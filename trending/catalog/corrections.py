"""`catalog.label_corrections`: what people say the genres of titles are, kept apart from what the sources say."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import pyarrow as pa

from trending.catalog.tables import Tables
from trending.errors import LabelError
from trending.settings import Settings

TABLE = "catalog.label_corrections"
SCHEMA = pa.schema(
    [
        pa.field("title_id", pa.string(), nullable=False),
        pa.field("name", pa.string(), nullable=False),
        pa.field("genres_before", pa.list_(pa.string())),
        pa.field("genres", pa.list_(pa.string())),
        pa.field("note", pa.string()),
        pa.field("file", pa.string(), nullable=False),
        pa.field("snapshot_id", pa.int64(), nullable=False),
        pa.field("imported_at", pa.timestamp("us", tz="UTC")),
    ]
)
"""One row a title and `name`: who or what corrected it. `genres_before`: the source's labels that were looked at;
equal to `genres` where they were found right. `snapshot_id`: version of the data that was looked at."""


@dataclass(frozen=True)
class Correction:
    """The genres of one title as a person gave them."""

    title_id: str
    name: str
    before: tuple[str, ...]
    """The source's labels that were looked at. The correction holds for these alone."""
    genres: tuple[str, ...]
    note: str = ""


def write_corrections(
    settings: Settings, corrections: Sequence[Correction], *, file: str, snapshot_id: int
) -> int:
    """Add corrections, or replace those of the same title and name; returns the version of the table."""
    tables = Tables(settings)
    tables.ensure(TABLE, SCHEMA)
    now = datetime.now(UTC)
    rows = [
        {
            "title_id": one.title_id,
            "name": one.name,
            "genres_before": list(one.before),
            "genres": list(one.genres),
            "note": one.note,
            "file": file,
            "snapshot_id": snapshot_id,
            "imported_at": now,
        }
        for one in corrections
    ]
    return tables.upsert_few(TABLE, pa.Table.from_pylist(rows, schema=SCHEMA), keys=("title_id", "name"))


def newest_corrections(settings: Settings) -> int | None:
    """The version of the table; None where nothing was ever corrected."""
    tables = Tables(settings)
    tables.ensure(TABLE, SCHEMA)
    return tables.belonging(TABLE)


def read_corrections(
    settings: Settings, names: Iterable[str] | None = None, *, version: int | None = None
) -> list[Correction]:
    """Corrections under these names (None: all), in the order of the names and then of the titles.

    `version`: snapshot of the table (None: the newest). Raises `LabelError` for a name that nobody used.
    """
    tables = Tables(settings)
    tables.ensure(TABLE, SCHEMA)
    columns = ["title_id", "name", "genres_before", "genres", "note"]
    rows = tables.read_arrow(TABLE, version, columns=columns).to_pylist()
    known = sorted({row["name"] for row in rows})
    wanted = known if names is None else list(names)
    for name in wanted:
        if name not in known:
            raise LabelError(
                f"No corrected labels are called {name!r}; there are: {', '.join(known) or 'none'}. "
                "`trending labels import FILE.csv --name NAME` brings some in."
            )
    found = [row for row in rows if row["name"] in wanted]
    found.sort(key=lambda row: (wanted.index(row["name"]), row["title_id"]))
    return [
        Correction(
            row["title_id"],
            row["name"],
            tuple(row["genres_before"]),
            tuple(row["genres"]),
            row["note"] or "",
        )
        for row in found
    ]
