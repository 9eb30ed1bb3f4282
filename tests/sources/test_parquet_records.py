from __future__ import annotations

import datetime as dt
import io
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from trending.errors import SourceError
from trending.sources.parquet_records import count_parquet, parquet_records

if TYPE_CHECKING:
    from tests.sources.conftest import Write


def parquet(rows: list[dict[str, Any]]) -> bytes:
    sink = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows), sink)
    return sink.getvalue()


def test_rows_come_with_their_number_and_the_asked_columns_only(write: Write) -> None:
    rows = [
        {"title": f"T{n}", "genres": ["Drama"], "on": dt.date(2020, 1, 2), "other": n} for n in range(600)
    ]
    file = write("a.parquet", parquet(rows))
    records = list(parquet_records(file, ["title", "genres", "on"]))
    assert [record.line for record in records] == list(range(1, 601))
    assert records[599].values == {"title": "T599", "genres": ["Drama"], "on": dt.date(2020, 1, 2)}
    assert count_parquet(file) == 600


def test_a_missing_column_is_named(write: Write) -> None:
    file = write("a.parquet", parquet([{"titel": "One"}]))
    with pytest.raises(SourceError, match=r"a\.parquet: no column `title`\. Did you mean `titel`\?"):
        list(parquet_records(file, ["title"]))


def test_what_is_not_parquet_says_so(write: Write) -> None:
    file = write("a.parquet", b"title,plot\n" * 10)
    with pytest.raises(
        SourceError, match=r"a\.parquet:1: not Parquet, or damaged: .*\. Write the file again"
    ):
        list(parquet_records(file, ["title"]))
    with pytest.raises(SourceError, match=r"a\.parquet:1: not Parquet, or damaged"):
        count_parquet(file)


def test_a_damaged_page_stops_with_the_row(write: Write) -> None:
    content = bytearray(parquet([{"title": f"title number {n}"} for n in range(100)]))
    content[4:400] = b"\xff" * 396
    with pytest.raises(SourceError, match=r"a\.parquet:1: .*Write the file again|a\.parquet: cannot be read"):
        list(parquet_records(write("a.parquet", bytes(content)), ["title"]))
