"""Any file of a source as a stream of records, whatever its format."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from trending.errors import SourceError
from trending.sources.delimited import count_csv, csv_records
from trending.sources.files import SourceFile
from trending.sources.json_records import count_json_lines, holds_array, json_array_records, json_line_records
from trending.sources.parquet_records import count_parquet, parquet_records
from trending.sources.record import Record


def read_records(file: SourceFile, columns: Sequence[str]) -> Iterator[Record]:
    """The records of a file, in order; an unreadable one with its `fault`.

    `columns`: those that the mapping reads; `a.b` is the field `b` inside the column `a`.
    Raises `SourceError` for a file that cannot be read, also in the middle of the stream.
    """
    if file.format == "csv":
        return csv_records(file, columns)
    tops = list(dict.fromkeys(column.partition(".")[0] for column in columns))
    if file.format == "parquet":
        return parquet_records(file, tops)
    if file.format == "json" and holds_array(file):
        return _with_columns(file, json_array_records(file), tops)
    return _with_columns(file, json_line_records(file), tops)


def count_records(file: SourceFile) -> int:
    """How many records `read_records` must yield, found in another way where the format has one."""
    if file.format == "csv":
        return count_csv(file)
    if file.format == "parquet":
        return count_parquet(file)
    if file.format == "json" and holds_array(file):
        return sum(1 for _ in json_array_records(file))
    return count_json_lines(file)


def _with_columns(file: SourceFile, records: Iterator[Record], columns: Sequence[str]) -> Iterator[Record]:
    """A key may be left out of some objects; one that is in none of them is a mistake in the mapping."""
    missing = set(columns)
    present: dict[str, None] = {}
    for record in records:
        if missing and record.values is not None:
            missing.difference_update(record.values)
            present.update(dict.fromkeys(record.values))
        yield record
    if missing and present:
        hint = f"They have: {', '.join(list(present)[:20])}. Mend the mapping, or the file."
        raise SourceError(file.path, f"no object has the key `{sorted(missing)[0]}`", hint)
