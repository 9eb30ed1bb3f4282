"""The titles of a snapshot as documents with labels, ready for training and evaluation."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from trending.catalog.corrections import read_corrections
from trending.catalog.schema import TITLES
from trending.catalog.splits import time_split as split_by_time
from trending.catalog.tables import Tables
from trending.catalog.taxonomy import load_taxonomy
from trending.errors import SnapshotError
from trending.features.document import make_document
from trending.settings import Settings

SPLITS = ("train", "validation", "test")
_COLUMNS = (
    "title_id",
    "title_key",
    "title",
    "plot",
    "genres",
    "split",
    "content_hash",
    "added_on",
    "release_year",
)


@dataclass(frozen=True)
class DocumentSet:
    """Titles with at least one canonical genre; all sequences run parallel."""

    snapshot_id: int
    genres: tuple[str, ...]
    title_ids: list[str]
    title_keys: list[str]
    documents: list[str]
    labels: npt.NDArray[np.bool_]
    """`[n, len(genres)]`."""
    splits: npt.NDArray[np.str_]
    unlabelled: int
    """Titles left out because none of their labels is a canonical genre."""
    repeated: int
    """Training titles left out because their plot also occurs in validation or test."""
    corrected: int = 0
    """Titles whose genres are those of a correction instead of their source's; 0 unless the settings ask for it."""

    def genre_lists(self) -> list[list[str]]:
        """The labels as names, one list a title."""
        return [[genre for genre, has in zip(self.genres, row, strict=True) if has] for row in self.labels]

    def subset(self, split: str) -> DocumentSet:
        """The titles of one split."""
        return self.take(np.flatnonzero(self.splits == split))

    def take(self, rows: npt.NDArray[np.intp]) -> DocumentSet:
        """The titles at these positions."""
        return replace(
            self,
            title_ids=[self.title_ids[i] for i in rows],
            title_keys=[self.title_keys[i] for i in rows],
            documents=[self.documents[i] for i in rows],
            labels=self.labels[rows],
            splits=self.splits[rows],
        )


def load_documents(settings: Settings, snapshot_id: int, *, time_split: bool = False) -> DocumentSet:
    """Documents of one snapshot. With `time_split` the splits follow the time of addition, not the key.

    The labels are those of the sources, unless `train.labels` of the settings names corrections. Raises
    `SnapshotError` where there is no such snapshot, `LabelError` where there are no such corrections.
    """
    tables = Tables(settings)
    rows = tables.read_arrow("titles", snapshot_id, columns=_COLUMNS)
    if time_split:
        rows = _with_splits(rows, split_by_time(rows, settings.split))
    rows, corrected = _with_corrections(rows, settings)
    labelled = rows.filter(pc.greater(pc.list_value_length(rows["genres"]), 0))
    kept = _without_repeats(labelled)
    reviews = reviews_by_title(tables, snapshot_id, limit=settings.train.document.max_reviews)
    genres = load_taxonomy().genres
    records = kept.select(["title_id", "title_key", "title", "plot", "genres", "split"]).to_pylist()
    records.sort(key=lambda r: r["title_id"])  # Iceberg promises no order; a seed should give one answer
    return DocumentSet(
        snapshot_id=snapshot_id,
        genres=genres,
        title_ids=[r["title_id"] for r in records],
        title_keys=[r["title_key"] for r in records],
        documents=[
            make_document(
                r["title"], r["plot"], reviews[r["title_id"]], max_reviews=settings.train.document.max_reviews
            )
            for r in records
        ],
        labels=np.array([[g in r["genres"] for g in genres] for r in records], bool).reshape(-1, len(genres)),
        splits=np.array([r["split"] for r in records], dtype=np.str_),
        unlabelled=rows.num_rows - labelled.num_rows,
        repeated=labelled.num_rows - kept.num_rows,
        corrected=corrected,
    )


def find_document(
    settings: Settings, snapshot_id: int, title_id: str, *, max_reviews: int
) -> tuple[str, str]:
    """Id and document of the title whose id is, or alone begins with, `title_id`, labelled or not.

    Raises `SnapshotError` where no title, or more than one, is meant.
    """
    tables = Tables(settings)
    rows = tables.read_arrow("titles", snapshot_id, columns=["title_id", "title", "plot"])
    found = rows.filter(pc.starts_with(rows["title_id"], title_id)).slice(0, 2).to_pylist()
    if len(found) != 1 or not title_id:
        count = "several titles" if found else "no title"
        raise SnapshotError(f"{title_id!r}: {count} of snapshot {snapshot_id} have an id that begins so.")
    row = found[0]
    reviews = reviews_by_title(tables, snapshot_id, limit=max_reviews)[row["title_id"]]
    return row["title_id"], make_document(row["title"], row["plot"], reviews, max_reviews=max_reviews)


def _with_splits(rows: pa.Table, splits: pa.Array) -> pa.Table:
    return rows.set_column(rows.schema.get_field_index("split"), TITLES.field("split"), splits)


def _with_corrections(rows: pa.Table, settings: Settings) -> tuple[pa.Table, int]:
    """The rows with the corrected genres that the settings ask for, and how many of them changed.

    A correction holds for the labels that were looked at: where the source says something else now, it waits.
    """
    wanted = settings.train.labels
    if not wanted.corrections:
        return rows, 0
    found = {
        one.title_id: one for one in read_corrections(settings, wanted.corrections, version=wanted.version)
    }
    genres, corrected = rows["genres"].to_pylist(), 0
    for row, (title_id, split) in enumerate(
        zip(rows["title_id"].to_pylist(), rows["split"].to_pylist(), strict=True)
    ):
        one = found.get(title_id)
        if one is None or (split != "train" and not wanted.held_out):
            continue
        if set(one.before) == set(genres[row] or ()) != set(one.genres):
            genres[row] = list(one.genres)
            corrected += 1
    field = rows.schema.get_field_index("genres")
    return rows.set_column(
        field, TITLES.field("genres"), pa.array(genres, TITLES.field("genres").type)
    ), corrected


def _without_repeats(rows: pa.Table) -> pa.Table:
    """Training rows go whose plot is also in a held-out split: no text is both learnt and tested."""
    training = pc.equal(rows["split"], "train")
    held_out = rows.filter(pc.invert(training))["content_hash"].combine_chunks()
    repeated = pc.and_(training, pc.is_in(rows["content_hash"], value_set=held_out))
    return rows.filter(pc.invert(repeated))


def reviews_by_title(tables: Tables, snapshot_id: int, *, limit: int) -> dict[str, list[str]]:
    """Up to `limit` reviews a title, in the order of their ids."""
    found: dict[str, list[str]] = defaultdict(list)
    if limit == 0:
        return found
    rows = tables.read_arrow("reviews", snapshot_id, columns=["review_id", "title_id", "text"])
    titled = rows.filter(pc.is_valid(rows["title_id"])).to_pylist()
    for row in sorted(titled, key=lambda r: r["review_id"]):
        if len(found[row["title_id"]]) < limit:
            found[row["title_id"]].append(row["text"])
    return found
