"""What becomes of every row that came in: accepted, merged into another, or quarantined.

Decided on light columns in one process, the same for any order of the input.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from trending.catalog.duplicates import find_duplicates
from trending.catalog.identity import digest
from trending.catalog.schema import QUARANTINE
from trending.catalog.staging import Ids, Staged

EXISTING_TITLES = ("title_id", "platform", "title", "content_hash", "minhash", "row_hash")
"""Columns of the titles in the table that the decision needs."""

EXISTING_REVIEWS = ("review_id", "row_hash")
"""Columns of the reviews in the table that the decision needs."""

ENTRIES = pa.schema([pa.field("staged_id", pa.int64()), *(f for f in QUARANTINE if f.name != "raw")])
"""Rows that are not accepted: `QUARANTINE` before the rows themselves are read again."""

NO_SUCH_TITLE = "its title is not in the catalogue"
DUPLICATE_TITLE = "the same title as another row of this platform"
DUPLICATE_REVIEW = "the same review as another row"


@dataclass(frozen=True)
class Dispositions:
    """The decision on all rows of one kind. `accepted`, `changed`: staged ids, the second part of the first.

    `keys`: the key of every accepted row, in the order of `accepted`. `entries`: the other rows (`ENTRIES`).
    """

    staged: Staged
    accepted: Ids
    keys: pa.Array
    changed: Ids
    entries: pa.Table

    @property
    def merged(self) -> int:
        """Rows that are a duplicate of another."""
        return pc.sum(pc.equal(self.entries["disposition"], "merged")).as_py() or 0

    @property
    def quarantined(self) -> int:
        """Rows that cannot be used."""
        return self.entries.num_rows - self.merged


def decide_titles(
    staged: Staged, existing: pa.Table, *, similarity: float
) -> tuple[Dispositions, dict[str, str]]:
    """Decide on titles; `existing` has the columns `EXISTING_TITLES` of the rows in the table.

    Returns also what was merged: `title_id` of a row that is gone -> `title_id` that stands for it.
    """
    good, entries = _without_faults(staged)
    found = find_duplicates(good, existing, similarity=similarity)
    kept = good.take(pa.array(found.kept, pa.int64()))
    losers = sorted(found.merged)
    gone = good.take(pa.array(losers, pa.int64()))
    winners = [found.merged[index] for index in losers]
    entries += _entries("titles", gone, "merged", [DUPLICATE_TITLE] * len(losers), winners)
    changed = _changed(kept["title_id"].to_pylist(), kept["row_hash"].to_pylist(), existing, "title_id")
    merged = dict(zip(gone["title_id"].to_pylist(), winners, strict=True))
    return _dispositions(staged, kept, "title_id", changed, entries), merged


def decide_reviews(
    staged: Staged, existing: pa.Table, *, titles: pa.Array, merged_titles: Mapping[str, str]
) -> Dispositions:
    """Decide on reviews; `titles` are the ids of all titles that the table will hold.

    A review of a merged title goes to the title that stands for it; one of an unknown title to quarantine.
    """
    good, entries = _without_faults(staged)
    good = _about_remaining_titles(good, merged_titles)
    known = pc.or_(pc.is_null(good["title_id"]), pc.is_in(good["title_id"], value_set=titles))
    stray = good.filter(pc.invert(known))
    entries += _entries("reviews", stray, "quarantined", [NO_SUCH_TITLE] * stray.num_rows)
    good = good.filter(known).sort_by([(c, "ascending") for c in ("review_id", "row_hash", "staged_id")])
    review_ids = good["review_id"].to_numpy(zero_copy_only=False)
    first = np.ones(len(review_ids), dtype=bool)
    first[1:] = review_ids[1:] != review_ids[:-1]
    kept, gone = good.filter(pa.array(first)), good.filter(pa.array(~first))
    reasons = [DUPLICATE_REVIEW] * gone.num_rows
    entries += _entries("reviews", gone, "merged", reasons, gone["review_id"].to_pylist())
    changed = _changed(kept["review_id"].to_pylist(), kept["row_hash"].to_pylist(), existing, "review_id")
    return _dispositions(staged, kept, "review_id", changed, entries)


def moved_row_hash(row_hash: str, title_id: str) -> str:
    """`row_hash` of a review whose title was merged into another."""
    return digest(row_hash, title_id)


def _about_remaining_titles(reviews: pa.Table, merged_titles: Mapping[str, str]) -> pa.Table:
    titles, hashes = reviews["title_id"].to_pylist(), reviews["row_hash"].to_pylist()
    for index, title_id in enumerate(titles):
        winner = merged_titles.get(title_id, title_id)
        if winner != title_id:
            titles[index], hashes[index] = winner, moved_row_hash(hashes[index], winner)
    for name, values in (("title_id", titles), ("row_hash", hashes)):
        reviews = reviews.set_column(reviews.column_names.index(name), name, pa.array(values, pa.string()))
    return reviews


def _without_faults(staged: Staged) -> tuple[pa.Table, list[dict]]:
    readable = pc.is_null(staged.light["fault"])
    bad = staged.light.filter(pc.invert(readable))
    entries = _entries(staged.table, bad, "quarantined", bad["fault"].to_pylist())
    return staged.light.filter(readable), entries


def _entries(
    table: str, rows: pa.Table, disposition: str, reasons: Sequence[str], winners: Sequence[str] | None = None
) -> list[dict]:
    """An entry's id tells the place of the row, its content and what became of it."""
    entries = []
    found = rows.select(["staged_id", "source", "row_ref", "content"]).to_pylist()
    for row, reason, winner in zip(found, reasons, winners or [None] * rows.num_rows, strict=True):
        content = row.pop("content")
        parts = (table, row["source"], row["row_ref"], disposition, reason, winner or "", content)
        what = {"table": table, "disposition": disposition, "reason": reason, "merged_into": winner}
        entries.append(row | what | {"entry_id": digest(*parts)})
    return entries


def _changed(keys: list[str], hashes: list[str], existing: pa.Table, key: str) -> list[bool]:
    before = dict(zip(existing[key].to_pylist(), existing["row_hash"].to_pylist(), strict=True))
    return [before.get(k) != h for k, h in zip(keys, hashes, strict=True)]


def _dispositions(
    staged: Staged, kept: pa.Table, key: str, changed: list[bool], entries: list[dict]
) -> Dispositions:
    accepted = kept["staged_id"].to_numpy()
    return Dispositions(
        staged=staged,
        accepted=accepted,
        keys=kept[key].combine_chunks().cast(pa.string()),
        changed=accepted[np.array(changed, dtype=bool)],
        entries=pa.Table.from_pylist(entries, schema=ENTRIES),
    )
