"""One record of a file, before anything is made of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Record:
    """`values` by column, or the `fault` that made the record unreadable with its `raw` text.

    `line`: where the record begins in its file, from 1; in a Parquet file the row.
    """

    line: int
    values: dict[str, Any] | None = None
    fault: str | None = None
    raw: str | None = None
