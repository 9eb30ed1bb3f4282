"""What changed goes into the tables; the titles last, because they are the version of the data."""

from __future__ import annotations

import fcntl
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from trending.catalog.dispositions import Dispositions, moved_row_hash
from trending.catalog.schema import QUARANTINE, REVIEWS, TITLES
from trending.catalog.staging import Ids, Staged, row_id, union
from trending.catalog.tables import Tables
from trending.errors import BusyError
from trending.settings import Settings

if TYPE_CHECKING:
    from ray.data import Dataset

ROWS_PER_DATA_FILE = 16_384

_RAW_COLUMNS = (
    *("kind", "platform", "title", "release_year", "added_on", "countries", "plot", "source_genres"),
    *("title_id", "text", "rating", "sentiment"),
)


@dataclass(frozen=True)
class Changes:
    """What differs from the tables: rows inserted or replaced, and entries of quarantine, new and gone."""

    titles: Ids
    reviews: Ids
    entries: pa.Table
    stale_entries: list[str]

    @property
    def quarantine(self) -> int:
        """Entries of quarantine that are new or gone."""
        return self.entries.num_rows + len(self.stale_entries)

    @property
    def total(self) -> int:
        """0: there is nothing to commit."""
        return sum(self.as_json().values())

    def as_json(self) -> dict[str, int]:
        """Changed rows of each table."""
        return {"titles": len(self.titles), "reviews": len(self.reviews), "quarantine": self.quarantine}


@contextmanager
def only_writer(settings: Settings) -> Iterator[None]:
    """One ingest at a time in one home. The lock goes with the process, however it ends.

    Raises `BusyError` where another process holds it.
    """
    settings.root.mkdir(parents=True, exist_ok=True)
    with (settings.root / "ingest.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise BusyError(
                f"Another ingest is writing to {settings.root}. Run this one when it has ended."
            ) from error
        yield


def find_changes(tables: Tables, titles: Dispositions, reviews: Dispositions) -> Changes:
    """Compare the decisions with the tables."""
    entries = pa.concat_tables([titles.entries, reviews.entries])
    there = tables.read_arrow("quarantine", columns=["entry_id", "table", "source", "row_ref"])
    known = pc.is_in(entries["entry_id"], value_set=there["entry_id"].combine_chunks())
    return Changes(
        titles=titles.changed,
        reviews=reviews.changed,
        entries=entries.filter(pc.invert(known)),
        stale_entries=_stale(there, entries, seen=(titles.staged, reviews.staged)),
    )


def commit(
    tables: Tables,
    changes: Changes,
    *,
    titles: Staged,
    reviews: Staged,
    merged_titles: Mapping[str, str],
    properties: Mapping[str, str],
) -> int | None:
    """Write what changed; return the version of the data after it (the same as before for no change).

    `properties` go into the summary of the new snapshot. Where the process dies before the last commit, the
    version stays what it was, and the next ingest rolls the other tables back to it.
    """
    if not changes.total:
        return tables.latest()
    if len(changes.reviews):
        rows = reviews.rows(changes.reviews).map_batches(
            partial(review_rows, merged_titles=_moved(merged_titles)),
            batch_format="pyarrow",
            batch_size=None,
        )
        tables.upsert("reviews", _gathered(rows), key="review_id")
    tables.delete("quarantine", key="entry_id", values=changes.stale_entries)
    entries = _with_raw(changes.entries, (titles, reviews))
    if entries is not None:
        tables.upsert("quarantine", _gathered(entries), key="entry_id")
    summary = {**properties, **tables.heads()}
    if not len(changes.titles):
        return tables.commit_version(summary)
    rows = titles.rows(changes.titles, columns=TITLES.names)
    return tables.upsert("titles", _gathered(rows), key="title_id", properties=summary)


def _gathered(rows: Dataset) -> Dataset:
    """Few data files of a good size, instead of one for each block."""
    return rows.repartition(target_num_rows_per_block=ROWS_PER_DATA_FILE)


def _stale(there: pa.Table, entries: pa.Table, *, seen: tuple[Staged, ...]) -> list[str]:
    """Entries in the table whose row came in again and met another fate."""
    current = set(entries["entry_id"].to_pylist())
    here = {staged_id for staged in seen for staged_id in staged.light["staged_id"].to_pylist()}
    return [
        entry["entry_id"]
        for entry in there.to_pylist()
        if entry["entry_id"] not in current
        and row_id(entry["table"], entry["source"], entry["row_ref"]) in here
    ]


def _moved(merged_titles: Mapping[str, str]) -> dict[str, str]:
    return {gone: winner for gone, winner in merged_titles.items() if gone != winner}


def review_rows(batch: pa.Table, *, merged_titles: Mapping[str, str]) -> pa.Table:
    """Staged reviews as `REVIEWS`, those of a merged title under the one that stands for it."""
    rows = batch.select(REVIEWS.names).to_pylist()
    for row in rows:
        winner = merged_titles.get(row["title_id"])
        if winner is not None:
            row |= {"title_id": winner, "row_hash": moved_row_hash(row["row_hash"], winner)}
    return pa.Table.from_pylist(rows, schema=REVIEWS)


def _with_raw(entries: pa.Table, staged: tuple[Staged, ...]) -> Dataset | None:
    """The entries with their rows as JSON (`QUARANTINE`)."""
    datasets = []
    for rows in staged:
        mine = entries.filter(pc.equal(entries["table"], rows.table)).sort_by("staged_id")
        if mine.num_rows:
            found = rows.rows(mine["staged_id"].to_numpy())
            as_entries = partial(entry_rows, entries=mine)
            datasets.append(found.map_batches(as_entries, batch_format="pyarrow", batch_size=None))
    return union(datasets)


def entry_rows(batch: pa.Table, *, entries: pa.Table) -> pa.Table:
    """Staged rows as `QUARANTINE`. `entries`: `ENTRIES` sorted by `staged_id`, one for every row of the batch."""
    places = np.searchsorted(entries["staged_id"].to_numpy(), batch["staged_id"].to_numpy())
    found = entries.take(pa.array(places, pa.int64()))
    raw = [row["raw"] or _as_json(row) for row in batch.to_pylist()]
    return found.append_column("raw", pa.array(raw, pa.string())).select(QUARANTINE.names).cast(QUARANTINE)


def _as_json(row: dict[str, Any]) -> str:
    """The cleaned row, without what is computed from it."""
    return json.dumps(
        {k: row[k] for k in _RAW_COLUMNS if row.get(k) is not None}, ensure_ascii=False, default=str
    )
