"""Rows of Iceberg tables as plain values: what goes into JSON, and nothing of NumPy, Arrow or `datetime`."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pyarrow as pa

if TYPE_CHECKING:
    from pyiceberg.table import Table

ROWS_AT_ONCE = 1024
LARGEST_EXACT = 2**53 - 1
"""The largest integer that JavaScript holds exactly."""


def plain_rows(
    table: Table, snapshot_id: int | None, columns: tuple[str, ...] = ("*",)
) -> Iterator[list[dict[str, Any]]]:
    """The rows of a snapshot (None: none) in lists of up to `ROWS_AT_ONCE`, streamed from the data files."""
    if snapshot_id is None:
        return
    for batch in table.scan(snapshot_id=snapshot_id, selected_fields=columns).to_arrow_batch_reader():
        for start in range(0, batch.num_rows, ROWS_AT_ONCE):
            yield _rows(batch.slice(start, ROWS_AT_ONCE))


def plain(value: Any) -> Any:
    """The value as JSON and JavaScript can hold it.

    Dates in ISO form, bytes in hexadecimal, numbers that are none as None, integers that JavaScript would round
    (snapshot ids) as text.
    """
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, int) and abs(value) > LARGEST_EXACT:
        return str(value)
    if value is None or isinstance(value, str | int):
        return value
    if isinstance(value, Mapping):
        return {str(key): plain(held) for key, held in value.items()}
    if isinstance(value, list | tuple):
        return [plain(held) for held in value]
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, Decimal):
        return plain(float(value))
    return value.hex() if isinstance(value, bytes) else str(value)


def _rows(batch: pa.RecordBatch) -> list[dict[str, Any]]:
    maps = [field.name for field in batch.schema if pa.types.is_map(field.type)]
    rows = batch.to_pylist()
    for row in rows:
        for name in maps:  # Arrow gives a map as pairs
            row[name] = dict(row[name]) if row[name] is not None else None
    return [plain(row) for row in rows]
