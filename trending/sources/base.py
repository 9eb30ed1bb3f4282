"""The protocol of every source, and the raw rows that it yields."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import pyarrow as pa

from trending.sources.files import RawFile

if TYPE_CHECKING:
    from ray.data import Dataset

_strings = pa.list_(pa.string())

RAW_TITLES = pa.schema(
    [
        pa.field("source", pa.string(), nullable=False),
        pa.field("vocabulary", pa.string(), nullable=False),
        pa.field("date_format", pa.string()),
        pa.field("row_ref", pa.string(), nullable=False),
        pa.field("kind", pa.string()),
        pa.field("platform", pa.string()),
        pa.field("title", pa.string()),
        pa.field("release_year", pa.string()),
        pa.field("added_on", pa.string()),
        pa.field("countries", pa.string()),
        pa.field("plot", pa.string()),
        pa.field("genres", _strings),
        pa.field("fault", pa.string()),
        pa.field("raw", pa.string()),
    ]
)
"""What a source yields: text as found. `vocabulary` names the genre vocabulary in the taxonomy file;
`date_format` is a `strptime` format; a row that could not be read has `fault` (why) and `raw` (its text)."""

RAW_REVIEWS = pa.schema(
    [
        pa.field("source", pa.string(), nullable=False),
        pa.field("row_ref", pa.string(), nullable=False),
        pa.field("kind", pa.string()),
        pa.field("title", pa.string()),
        pa.field("release_year", pa.string()),
        pa.field("text", pa.string()),
        pa.field("rating", pa.string()),
        pa.field("sentiment", pa.string()),
        pa.field("fault", pa.string()),
        pa.field("raw", pa.string()),
    ]
)
"""What a source yields for reviews; kind, title and year say which title of the same source, if any."""


class Source(Protocol):
    """Titles and reviews from one place, as lazy Ray Datasets of raw rows."""

    @property
    def name(self) -> str:
        """Unique in one ingest; becomes the column `source`."""
        ...

    def titles(self) -> Dataset | None:
        """Rows of `RAW_TITLES`, or None where the source has reviews only.

        Raises `SourceError` for a file that cannot be read at all, at once or while the data flows;
        a single bad row is yielded with its `fault` instead.
        """
        ...

    def reviews(self) -> Dataset | None:
        """Rows of `RAW_REVIEWS`, or None where the source has titles only."""
        ...

    def count(self) -> tuple[int, int]:
        """Records of titles and of reviews in the source, counted apart from the reading: the ingest
        asserts that none was lost on the way."""
        ...

    def files(self) -> list[RawFile]:
        """The files behind it, with their digests: where a snapshot's rows came from."""
        ...
