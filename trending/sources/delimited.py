"""Records of a CSV file, each with the line on which it begins."""

from __future__ import annotations

import csv
import difflib
from collections.abc import Iterator, Sequence

from trending.errors import SourceError
from trending.sources.files import SourceFile, text_lines
from trending.sources.record import Record


def csv_records(file: SourceFile, columns: Sequence[str]) -> Iterator[Record]:
    """Records of the file in order; blank lines are none.

    A record with the wrong number of fields, or with text after a closing quote, comes with its `fault`.
    Raises `SourceError` for a file without one of the `columns`, and for a quoted field that never closes.
    """
    taken: list[str] = []
    reader = csv.reader(_remembering(text_lines(file), taken), delimiter=file.delimiter, strict=True)
    header = _header(file, reader, columns)
    while True:
        taken.clear()
        line = reader.line_num + 1
        try:
            fields = next(reader, None)
        except csv.Error as error:
            if reader.line_num > line or _is_open(error):
                raise _unclosed(file, line, error) from error
            yield Record(line, fault=f"not CSV: {error}", raw=_raw(taken))
            continue
        if fields is None:
            return
        if len(fields) == len(header):
            yield Record(line, values=dict(zip(header, fields, strict=True)))
        elif fields:
            fault = f"expected {len(header)} fields, found {len(fields)}"
            yield Record(line, fault=fault, raw=_raw(taken))


def count_csv(file: SourceFile) -> int:
    """Records below the header, blank lines apart; an unreadable one counts."""
    reader = csv.reader(text_lines(file), delimiter=file.delimiter, strict=True)
    count = -1
    while True:
        line = reader.line_num + 1
        try:
            fields = next(reader, None)
        except csv.Error as error:
            if reader.line_num > line or _is_open(error):
                raise _unclosed(file, line, error) from error
            count += 1
            continue
        if fields is None:
            return max(count, 0)
        count += bool(fields)


def _remembering(lines: Iterator[str], taken: list[str]) -> Iterator[str]:
    for line in lines:
        taken.append(line)
        yield line


def _raw(taken: list[str]) -> str:
    return "".join(taken).rstrip("\r\n")


def _is_open(error: csv.Error) -> bool:
    return "unexpected end of data" in str(error) or "field larger than" in str(error)


def _unclosed(file: SourceFile, line: int, error: csv.Error) -> SourceError:
    hint = f'Close it, or double the quotes inside it (""). The reader stopped with: {error}.'
    return SourceError(f"{file.path}:{line}", "a quoted field that begins in this record is not closed", hint)


def _header(file: SourceFile, reader: Iterator[list[str]], columns: Sequence[str]) -> list[str]:
    try:
        header = [name.strip() for name in next(reader, [])]
    except csv.Error as error:
        raise _unclosed(file, 1, error) from error
    if not any(header):
        raise SourceError(
            f"{file.path}:1", "the file is empty", "Expected a line with the names of the columns."
        )
    for column in columns:
        if column not in header:
            raise missing_column(f"{file.path}:1", column, header)
        if header.count(column) > 1:
            raise SourceError(
                f"{file.path}:1", f"the column `{column}` is there twice", "Rename one of them."
            )
    return header


def missing_column(where: str, column: str, present: Sequence[str]) -> SourceError:
    """The `SourceError` for a mapped column that the file does not have."""
    if len(present) == 1 and any(sign in present[0] for sign in ";\t|"):
        hint = "The file seems to use another delimiter: set `delimiter` in the mapping."
    elif close := difflib.get_close_matches(column, present, n=1, cutoff=0.6):
        hint = f"Did you mean `{close[0]}`? Mend the mapping."
    else:
        hint = f"The file has: {', '.join(present)}. Mend the mapping, or the file."
    return SourceError(where, f"no column `{column}`", hint)
