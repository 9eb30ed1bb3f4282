"""The shapes of rows between the stages. Every stage reads and returns one of these, as Arrow tables."""

from __future__ import annotations

import pyarrow as pa

_strings = pa.list_(pa.string())

TITLES = pa.schema(
    [
        pa.field("title_id", pa.string(), nullable=False),
        pa.field("title_key", pa.string(), nullable=False),
        pa.field("kind", pa.string(), nullable=False),
        pa.field("platform", pa.string(), nullable=False),
        pa.field("title", pa.string(), nullable=False),
        pa.field("release_year", pa.int32()),
        pa.field("added_on", pa.date32()),
        pa.field("countries", _strings),
        pa.field("plot", pa.string(), nullable=False),
        pa.field("language", pa.string()),
        pa.field("genres", _strings),
        pa.field("source_genres", _strings),
        pa.field("source", pa.string(), nullable=False),
        pa.field("leaked", pa.bool_()),
        pa.field("content_hash", pa.string(), nullable=False),
        pa.field("minhash", pa.binary()),
        pa.field("split", pa.string(), nullable=False),
        pa.field("row_hash", pa.string(), nullable=False),
    ]
)
"""`catalog.titles`.

`title_id`: hash of source, kind, normalised title, year. `title_key`: normalised title and year, the
grouping key of splits. `kind`: `movie` or `show`. `language`: ISO 639-1 of the plot. `genres`: canonical,
`source_genres`: as found. `leaked`: the plot states its own genre. `content_hash`: of the normalised plot.
`minhash`: signature of the plot's shingles. `split`: `train`, `validation` or `test`. `row_hash`: of all
other columns; equal hashes mean that nothing changed.
"""

REVIEWS = pa.schema(
    [
        pa.field("review_id", pa.string(), nullable=False),
        pa.field("title_id", pa.string()),
        pa.field("source", pa.string(), nullable=False),
        pa.field("text", pa.string(), nullable=False),
        pa.field("rating", pa.float32()),
        pa.field("sentiment", pa.string()),
        pa.field("language", pa.string()),
        pa.field("masked", pa.int32()),
        pa.field("row_hash", pa.string(), nullable=False),
    ]
)
"""`catalog.reviews`.

`title_id`: null for a review without a title. `rating`: 1 to 10. `sentiment`: `positive` or `negative` where
the source labels it. `masked`: number of e-mail addresses, phone numbers and URLs replaced.
"""

QUARANTINE = pa.schema(
    [
        pa.field("entry_id", pa.string(), nullable=False),
        pa.field("disposition", pa.string(), nullable=False),
        pa.field("table", pa.string(), nullable=False),
        pa.field("source", pa.string(), nullable=False),
        pa.field("row_ref", pa.string(), nullable=False),
        pa.field("reason", pa.string(), nullable=False),
        pa.field("merged_into", pa.string()),
        pa.field("raw", pa.string()),
    ]
)
"""`catalog.quarantine`: every row that came in and is not in the other tables.

`disposition`: `quarantined` (with its `reason`) or `merged` (with the id it was merged into).
`row_ref`: file and line, `catalogue.csv:17`. `raw`: the row as JSON.
"""
