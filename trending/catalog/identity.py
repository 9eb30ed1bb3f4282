"""Keys and hashes of rows: stable between runs, machines and orders of input."""

from __future__ import annotations

import hashlib
import json
from datetime import date
from typing import Any

import pyarrow as pa

from trending.catalog.text import normalise_title, words_of

DIGEST_BYTES = 16


def title_id(source: str, kind: str, title: str, year: int) -> str:
    """Key of a title within one source: 32 hexadecimal digits."""
    return digest(source, kind, normalise_title(title), str(year))


def title_key(title: str, year: int) -> str:
    """Key of the work, the same on every platform: `the grand seduction (2014)`."""
    return f"{normalise_title(title)} ({year})"


def content_hash(plot: str) -> str:
    """Hash of a plot, blind to case, punctuation and accents."""
    return digest(words_of(plot))


def review_id(source: str, title_id: str | None, text: str) -> str:
    """Key of a review: the same text about the same title from the same source is the same review."""
    return digest(source, title_id or "", text)


def row_hash(row: dict[str, Any]) -> str:
    """Hash of all columns of a row except `row_hash` itself."""
    columns = {name: value for name, value in row.items() if name != "row_hash"}
    return digest(_JSON.encode(columns))


def with_row_hashes(table: pa.Table) -> pa.Table:
    """The table with the column `row_hash` (re)computed: call it after any column was changed."""
    hashes = pa.array([row_hash(row) for row in table.to_pylist()], pa.string())
    if "row_hash" in table.column_names:
        return table.set_column(table.column_names.index("row_hash"), "row_hash", hashes)
    return table.append_column("row_hash", hashes)


def digest(*parts: str) -> str:
    """Hash of texts in their order; the boundaries between them count."""
    joined = "\x1f".join(parts).encode("utf-8", "surrogatepass")
    return hashlib.blake2b(joined, digest_size=DIGEST_BYTES).hexdigest()


def _plain(value: object) -> str:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.hex()
    raise TypeError(f"a row cannot hold {type(value).__name__}")


_JSON = json.JSONEncoder(sort_keys=True, ensure_ascii=False, default=_plain)
