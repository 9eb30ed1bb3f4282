"""Time travel: the log of versions, what differs between two, and what one of them holds."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from trending.catalog.schema import TITLES
from trending.catalog.tables import Tables, snapshot_properties
from trending.errors import SnapshotError
from trending.settings import Settings
from trending.sources.files import RawFile

if TYPE_CHECKING:
    from pyiceberg.table.snapshots import Snapshot

DERIVED_FIELDS = frozenset({"title_id", "content_hash", "minhash", "row_hash"})
"""Columns of `TITLES` that change only because another does; a diff leaves them out."""


@dataclass(frozen=True)
class Version:
    """One line of the log: a snapshot of `catalog.titles` and what the ingest wrote about it."""

    snapshot_id: int
    parent_id: int | None
    committed_at: datetime
    titles: int
    properties: dict[str, str]

    @property
    def changed(self) -> int:
        """Titles and reviews that the ingest inserted or replaced."""
        return int(self.properties.get("changed", 0))

    @property
    def sources(self) -> list[str]:
        """Names of the sources that were ingested."""
        return self.properties.get("sources", "").split()

    @property
    def files(self) -> list[RawFile]:
        """The files that were ingested. Empty for a version from before they were written down."""
        return [RawFile(**one) for one in json.loads(self.properties.get("files", "[]"))]


@dataclass(frozen=True)
class TitleName:
    """Enough of a title to recognise it in a list."""

    title_id: str
    title: str
    release_year: int | None
    platform: str


@dataclass(frozen=True)
class TitleChange:
    """A title in both versions, and the fields that differ as `(before, after)`."""

    title: TitleName
    fields: dict[str, tuple[Any, Any]]


@dataclass(frozen=True)
class Difference:
    """What leads from version `before` to version `after`; each list is sorted by title."""

    before: int
    after: int
    added: list[TitleName]
    removed: list[TitleName]
    changed: list[TitleChange]


@dataclass(frozen=True)
class Contents:
    """Counts of the titles of one version, most frequent first, and of the rows of the other tables."""

    version: Version
    reviews: int
    quarantined: int
    merged: int
    genres: dict[str, int]
    platforms: dict[str, int]
    kinds: dict[str, int]
    splits: dict[str, int]
    languages: dict[str, int]


def log(settings: Settings) -> list[Version]:
    """All versions of the data, newest first."""
    return [_version(snapshot) for snapshot in reversed(Tables(settings).history())]


def resolve_snapshot(settings: Settings, word: str | int = "latest") -> int:
    """The snapshot id that a person means: an id, `latest`, `latest~2`, or the first digits of an id.

    Raises `SnapshotError` where nothing fits, or more than one does.
    """
    ids = [version.snapshot_id for version in log(settings)]
    if not ids:
        raise SnapshotError("There is no data yet. Run `trending ingest` first.")
    text = str(word).strip()
    if text == "latest" or text.startswith("latest~"):
        return _steps_back(ids, text)
    fitting = [found for found in ids if str(found) == text] or [
        found for found in ids if text and str(found).startswith(text)
    ]
    if len(fitting) > 1:
        raise SnapshotError(f"{text!r} fits {len(fitting)} snapshots: {', '.join(map(str, fitting))}.")
    if not fitting:
        raise SnapshotError(f"There is no snapshot {text!r}. `trending data log` lists them.")
    return fitting[0]


def diff(settings: Settings, before: str | int, after: str | int) -> Difference:
    """Titles added, removed and changed on the way from one version to another."""
    tables = Tables(settings)
    first, second = resolve_snapshot(settings, before), resolve_snapshot(settings, after)
    old, new = (
        dict(zip(*(rows[c].to_pylist() for c in ("title_id", "row_hash")), strict=True))
        for rows in (
            tables.read_arrow("titles", s, columns=["title_id", "row_hash"]) for s in (first, second)
        )
    )
    changed = {title_id for title_id, row_hash in old.items() if new.get(title_id, row_hash) != row_hash}
    rows_before = {row["title_id"]: row for row in _rows(tables, first, changed)}
    changes = [
        TitleChange(_name(row), _fields_that_differ(rows_before[row["title_id"]], row))
        for row in _rows(tables, second, changed)
    ]
    return Difference(
        before=first,
        after=second,
        added=_names(tables, second, new.keys() - old.keys()),
        removed=_names(tables, first, old.keys() - new.keys()),
        changed=sorted(changes, key=lambda change: (change.title.title, change.title.title_id)),
    )


def show(settings: Settings, snapshot: str | int = "latest") -> Contents:
    """What one version holds, counted."""
    tables = Tables(settings)
    snapshot_id = resolve_snapshot(settings, snapshot)
    columns = ["genres", "platform", "kind", "split", "language"]
    titles = tables.read_arrow("titles", snapshot_id, columns=columns)
    dispositions = _counts(
        tables.read_arrow("quarantine", snapshot_id, columns=["disposition"])["disposition"]
    )
    return Contents(
        version=_version(tables.snapshot(snapshot_id)),
        reviews=tables.read_arrow("reviews", snapshot_id, columns=["review_id"]).num_rows,
        quarantined=dispositions.get("quarantined", 0),
        merged=dispositions.get("merged", 0),
        genres=_counts(pc.list_flatten(titles["genres"])),
        platforms=_counts(titles["platform"]),
        kinds=_counts(titles["kind"]),
        splits=_counts(titles["split"]),
        languages=_counts(titles["language"]),
    )


def _version(snapshot: Snapshot) -> Version:
    summary = snapshot.summary.additional_properties if snapshot.summary else {}
    return Version(
        snapshot_id=snapshot.snapshot_id,
        parent_id=snapshot.parent_snapshot_id,
        committed_at=datetime.fromtimestamp(snapshot.timestamp_ms / 1000, tz=UTC),
        titles=int(summary.get("total-records", 0)),
        properties=snapshot_properties(snapshot),
    )


def _steps_back(ids: list[int], text: str) -> int:
    steps = text.removeprefix("latest").removeprefix("~") or "0"
    if not steps.isdigit():
        raise SnapshotError(f"{text!r}: after `latest~` comes the number of versions to go back.")
    if int(steps) >= len(ids):
        raise SnapshotError(
            f"{text!r}: there are only {len(ids)} version(s). `trending data log` lists them."
        )
    return ids[int(steps)]


def _rows(tables: Tables, snapshot_id: int, title_ids: set[str]) -> Iterator[dict[str, Any]]:
    if not title_ids:
        return
    wanted = pa.array(sorted(title_ids), pa.string())
    columns = tuple(name for name in TITLES.names if name not in DERIVED_FIELDS - {"title_id"})
    scan = tables.table("titles").scan(snapshot_id=snapshot_id, selected_fields=columns)
    for batch in scan.to_arrow_batch_reader():
        keep = pc.is_in(batch["title_id"].cast(pa.string()), value_set=wanted)
        yield from batch.filter(keep).to_pylist()


def _names(tables: Tables, snapshot_id: int, title_ids: set[str]) -> list[TitleName]:
    names = [_name(row) for row in _rows(tables, snapshot_id, title_ids)]
    return sorted(names, key=lambda name: (name.title, name.title_id))


def _name(row: dict[str, Any]) -> TitleName:
    return TitleName(row["title_id"], row["title"], row["release_year"], row["platform"])


def _fields_that_differ(before: dict[str, Any], after: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    return {
        field: (before[field], after[field])
        for field in TITLES.names
        if field not in DERIVED_FIELDS and before[field] != after[field]
    }


def _counts(values: pa.ChunkedArray | pa.Array) -> dict[str, int]:
    counted = Counter(
        {str(entry["values"]): entry["counts"] for entry in pc.value_counts(values).to_pylist()}
    )
    return dict(sorted(counted.items(), key=lambda item: (-item[1], item[0])))
