"""Records of a Parquet file; the line of a record is its row, from 1."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import pyarrow as pa

from trending.errors import SourceError
from trending.sources.delimited import missing_column
from trending.sources.files import SourceFile, opened
from trending.sources.record import Record

if TYPE_CHECKING:
    from pyarrow.parquet import ParquetFile

_BATCH_ROWS = 512


def parquet_records(file: SourceFile, columns: Sequence[str]) -> Iterator[Record]:
    """Records of the file in order, with only the `columns` read.

    Raises `SourceError` for a file that is not Parquet or lacks a column.
    """
    row = 1
    with opened(file) as handle:
        try:
            parquet = _parquet(handle)
            for column in columns:
                if column not in parquet.schema_arrow.names:
                    raise missing_column(file.path, column, parquet.schema_arrow.names)
            for batch in parquet.iter_batches(batch_size=_BATCH_ROWS, columns=list(columns)):
                for values in batch.to_pylist():
                    yield Record(row, values=values)
                    row += 1
        except (pa.ArrowException, UnicodeDecodeError) as error:
            what = f"not Parquet, or damaged: {' '.join(str(error).split()).rstrip('.')}"
            raise SourceError(f"{file.path}:{row}", what, "Write the file again.") from error


def count_parquet(file: SourceFile) -> int:
    """Rows, by the footer of the file."""
    with opened(file) as handle:
        try:
            return _parquet(handle).metadata.num_rows
        except pa.ArrowException as error:
            what = f"not Parquet, or damaged: {' '.join(str(error).split()).rstrip('.')}"
            raise SourceError(f"{file.path}:1", what, "Write the file again.") from error


def _parquet(handle: object) -> ParquetFile:
    from pyarrow.parquet import ParquetFile

    return ParquetFile(handle)  # pyright: ignore[reportArgumentType] (any seekable binary file will do)
