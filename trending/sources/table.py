"""Any CSV, JSON Lines, JSON array or Parquet files, read as a mapping says."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from trending.sources.base import RAW_REVIEWS, RAW_TITLES
from trending.sources.files import RawFile, SourceFile, find_files, raw_file
from trending.sources.mapping import Mapping, load_mapping
from trending.sources.records import count_records, read_records
from trending.sources.rows import nested_reviews, review_batches, review_columns, title_batches, title_columns

if TYPE_CHECKING:
    from ray.data import Dataset


def table(mapping_file: Path, path: str | None = None) -> TableSource:
    """The source that a mapping file describes; `path` takes the place of the mapping's own."""
    mapping = load_mapping(mapping_file)
    return TableSource(at(mapping, path) if path else mapping, told_in=str(mapping_file))


def at(mapping: Mapping, path: str) -> Mapping:
    """The mapping for files at `path`, of titles or, where it has none, of reviews."""
    if mapping.columns is not None:
        return mapping.model_copy(update={"path": path})
    assert mapping.reviews is not None
    return mapping.model_copy(update={"reviews": mapping.reviews.model_copy(update={"path": path})})


class TableSource:
    """Titles and reviews in files; a `Source`."""

    def __init__(self, mapping: Mapping, *, told_in: str) -> None:
        """Finds the files and reads the first record of each kind; `told_in` is named in messages.

        Raises `SourceError` where there are no files or their columns are not those of the mapping.
        """
        self._mapping = mapping
        reviews = mapping.reviews
        self._titles = [] if mapping.columns is None else find_files(mapping, told_in=told_in)
        self._reviews = [] if reviews is None or reviews.column else find_files(reviews, told_in=told_in)
        if self._titles:
            next(read_records(self._titles[0], title_columns(mapping)), None)
        if reviews and self._reviews:
            next(read_records(self._reviews[0], review_columns(reviews)), None)

    @property
    def name(self) -> str:
        """The mapping's name."""
        return self._mapping.name

    def titles(self) -> Dataset | None:
        """Rows of `RAW_TITLES`, or None where the mapping has no columns for titles."""
        if not self._titles:
            return None
        from trending.sources.reading import dataset

        return dataset(self._titles, partial(title_batches, mapping=self._mapping), RAW_TITLES)

    def reviews(self) -> Dataset | None:
        """Rows of `RAW_REVIEWS`, or None where the mapping has none."""
        if self._mapping.reviews is None:
            return None
        from trending.sources.reading import dataset

        files = self._reviews or self._titles
        return dataset(files, partial(review_batches, mapping=self._mapping), RAW_REVIEWS)

    def count(self) -> tuple[int, int]:
        """Records of titles and of reviews, without Ray."""
        titles = sum(count_records(file) for file in self._titles)
        reviews = self._mapping.reviews
        if reviews is None:
            return titles, 0
        if reviews.column is None:
            return titles, sum(count_records(file) for file in self._reviews)
        return titles, sum(sum(self._nested_counts(file, reviews.column)) for file in self._titles)

    def files(self) -> list[RawFile]:
        """Of titles and of reviews, each once, with their digests."""
        return [raw_file(self.name, file) for file in (*self._titles, *self._reviews)]

    def _nested_counts(self, file: SourceFile, column: str) -> Iterator[int]:
        return (len(nested_reviews(record, column)) for record in read_records(file, [column]))
