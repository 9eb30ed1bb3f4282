"""Rows for the tables, made from few words."""

from __future__ import annotations

from datetime import date
from typing import Any

import pyarrow as pa

from trending.catalog.identity import with_row_hashes
from trending.catalog.schema import QUARANTINE, REVIEWS, TITLES


def titles(*names: str, **fields: Any) -> pa.Table:
    """Titles called `names`, with `fields` the same in each."""
    rows = [
        {
            "title_id": f"id-{name}",
            "title_key": f"{name} (1999)",
            "kind": "movie",
            "platform": "Netflix",
            "title": name,
            "release_year": 1999,
            "added_on": date(2020, 1, 2),
            "countries": ["Norway"],
            "plot": f"The plot of {name}.",
            "language": "en",
            "genres": ["Drama"],
            "source_genres": ["Dramas"],
            "source": "films",
            "leaked": False,
            "content_hash": f"hash of {name}",
            "minhash": b"\x00\x01",
            "split": "train",
            "row_hash": "",
        }
        | fields
        for name in names
    ]
    return with_row_hashes(pa.Table.from_pylist(rows, schema=TITLES))


def reviews(*texts: str, title_id: str | None = None) -> pa.Table:
    """Reviews that say `texts`."""
    rows = [
        {"review_id": f"id-{text}", "title_id": title_id, "source": "films", "text": text, "row_hash": ""}
        for text in texts
    ]
    return with_row_hashes(pa.Table.from_pylist(rows, schema=REVIEWS))


def entries(*refs: str, disposition: str = "quarantined") -> pa.Table:
    """Entries of quarantine for the rows at `refs`."""
    rows = [
        {
            "entry_id": f"id-{ref}",
            "disposition": disposition,
            "table": "titles",
            "source": "films",
            "row_ref": ref,
            "reason": "no title",
        }
        for ref in refs
    ]
    return pa.Table.from_pylist(rows, schema=QUARANTINE)
