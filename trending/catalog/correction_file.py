"""The review list as a CSV file: out to people, and back as labels of their own."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trending.catalog.corrections import Correction, write_corrections
from trending.catalog.snapshots import resolve_snapshot
from trending.catalog.tables import Tables
from trending.catalog.taxonomy import Taxonomy, load_taxonomy
from trending.errors import LabelError
from trending.settings import Settings

COLUMNS = (
    "title_id", "title", "release_year", "platform", "split", "genres", "suggested", "score", "plot",
    "corrected", "note",
)  # fmt: skip
"""Of an exported file. Read back are `title_id`, `genres` (as exported), `corrected` and `note`."""
NEEDED = ("title_id", "genres", "corrected")
SEPARATOR = ", "
FAULTS_SHOWN = 10


@dataclass(frozen=True)
class ImportedLabels:
    """What came in from one file."""

    name: str
    changed: int
    confirmed: int
    """Looked at, and found right."""
    left: int
    """Rows whose `corrected` is empty."""
    version: int | None
    """Snapshot of `catalog.label_corrections` after it; None where there was nothing to write."""


def write_review_file(path: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    """Rows with the keys of `COLUMNS`; missing ones stay empty."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8-sig") as file:  # the mark tells spreadsheets the encoding
        writer: csv.DictWriter[str] = csv.DictWriter(file, COLUMNS, restval="")
        writer.writeheader()
        writer.writerows(rows)


def import_review_file(settings: Settings, path: Path, *, name: str) -> ImportedLabels:
    """Take every row whose `corrected` holds genres (canonical names, separated by commas); all or none.

    A row whose `corrected` equals its `genres` confirms them. Raises `LabelError` naming the wrong rows: an unknown
    title or genre, a title twice, labels that are no longer those that were looked at.
    """
    snapshot_id = resolve_snapshot(settings)
    titles = Tables(settings).read_arrow("titles", snapshot_id, columns=["title_id", "genres"]).to_pylist()
    current = {row["title_id"]: tuple(row["genres"] or ()) for row in titles}
    reader = _Reader(path, name, current, load_taxonomy())
    corrections = list(reader.corrections())
    if reader.faults:
        more = (
            f"\n  ... and {len(reader.faults) - FAULTS_SHOWN} more"
            if len(reader.faults) > FAULTS_SHOWN
            else ""
        )
        raise LabelError(
            f"{path}: {len(reader.faults)} wrong row(s), nothing was imported:\n  "
            + "\n  ".join(reader.faults[:FAULTS_SHOWN])
            + more
        )
    changed = sum(set(one.genres) != set(one.before) for one in corrections)
    version = None
    if corrections:
        version = write_corrections(settings, corrections, file=path.name, snapshot_id=snapshot_id)
    return ImportedLabels(name, changed, len(corrections) - changed, reader.left, version)


class _Reader:
    """One pass over a file: corrections out, faults kept with their lines."""

    def __init__(
        self, path: Path, name: str, current: Mapping[str, tuple[str, ...]], taxonomy: Taxonomy
    ) -> None:
        self.faults: list[str] = []
        self.left = 0
        self._path, self._name, self._current, self._taxonomy = path, name, current, taxonomy
        self._seen: dict[str, int] = {}

    def corrections(self) -> Iterator[Correction]:
        line = 1
        try:
            with self._path.open(newline="", encoding="utf-8-sig") as file:
                rows = csv.DictReader(file, strict=True)
                self._check_header(rows.fieldnames or ())
                for row in rows:
                    line = rows.line_num
                    found = self._correction(row, line)
                    if found:
                        yield found
        except OSError as error:
            raise LabelError(f"{self._path}: cannot be read: {error.strerror}.") from error
        except UnicodeDecodeError as error:
            raise LabelError(f"{self._path}: not UTF-8. Save it as CSV UTF-8.") from error
        except csv.Error as error:
            raise LabelError(f"{self._path}: not CSV after line {line}: {error}.") from error

    def _check_header(self, columns: Iterable[str]) -> None:
        missing = [column for column in NEEDED if column not in columns]
        if missing:
            raise LabelError(
                f"{self._path}:1: no column {', '.join(missing)}. "
                "`trending labels suspects --export FILE.csv` writes a file of the right form."
            )

    def _correction(self, row: Mapping[Any, Any], line: int) -> Correction | None:
        cell = (row["corrected"] or "").strip()
        if not cell:
            self.left += 1
            return None
        title_id = (row["title_id"] or "").strip()
        if None in row:
            return self._fault(line, "more cells than columns: put a cell that holds a comma in quotes")
        if title_id not in self._current:
            return self._fault(line, f"title_id {title_id!r} is no title of the newest snapshot")
        if title_id in self._seen:
            return self._fault(line, f"title_id {title_id} is also in line {self._seen[title_id]}")
        self._seen[title_id] = line
        before, unknown_before = self._genres(row["genres"] or "")
        genres, unknown = self._genres(cell)
        if unknown or not genres:
            known = ", ".join(self._taxonomy.genres)
            return self._fault(
                line, f"corrected: unknown genre {', '.join(unknown) or repr(cell)}; known: {known}"
            )
        if unknown_before or set(before) != set(self._current[title_id]):
            now = SEPARATOR.join(self._current[title_id]) or "none"
            return self._fault(line, f"its genres are now {now}, not those of the file: export it again")
        return Correction(
            title_id, self._name, self._current[title_id], genres, (row.get("note") or "").strip()
        )

    def _genres(self, cell: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Canonical genres of a cell, and what is none."""
        found = self._taxonomy.canonical("canonical", self._taxonomy.split_labels(cell, "canonical"))
        return found.genres, (*found.unmapped, *found.not_genres)

    def _fault(self, line: int, what: str) -> None:
        self.faults.append(f"{self._path.name}:{line}: {what}")
