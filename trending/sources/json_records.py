"""Records of JSON Lines files and of files that hold one JSON array."""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator
from typing import Any

from trending.errors import SourceError
from trending.sources.files import MAX_RECORD_BYTES, SourceFile, encoding_error, opened, text_lines
from trending.sources.record import Record

_CHUNK_BYTES = 64 * 1024
_SPACE = re.compile(r"[ \t\r\n]*")


def json_line_records(file: SourceFile) -> Iterator[Record]:
    """One record a line; blank lines are none. A line that is not a JSON object comes with its `fault`."""
    for number, line in enumerate(text_lines(file), start=1):
        text = line.strip()
        if text:
            yield _line_record(number, text)


def count_json_lines(file: SourceFile) -> int:
    """Lines that are not blank."""
    return sum(1 for line in text_lines(file) if not line.isspace())


def json_array_records(file: SourceFile) -> Iterator[Record]:
    """One record an element of the array; an element that is not an object comes with its `fault`.

    Raises `SourceError` with the line where the array breaks.
    """
    scanner = _Scanner(file)
    scanner.expect("[", "expected an array of objects")
    if scanner.peek() == "]":
        scanner.expect("]", "")
    else:
        while True:
            scanner.peek()
            line = scanner.line
            value, text = scanner.value()
            yield _object_record(line, value, text)
            if scanner.peek() == "]":
                scanner.expect("]", "")
                break
            scanner.expect(",", "expected `,` or `]` after an element")
    if scanner.peek():
        raise scanner.broken("text after the end of the array")


def holds_array(file: SourceFile) -> bool:
    """Whether a `.json` file is an array; if not, it must be JSON Lines.

    Raises `SourceError` where it is neither.
    """
    first = next((line.strip() for line in text_lines(file) if not line.isspace()), "")
    if first.startswith("[") or not first:
        return True
    record = _line_record(1, first)
    if first.startswith("{") and record.fault:
        what = "neither an array of objects nor one object a line"
        raise SourceError(f"{file.path}:1", what, "Write the objects into one array: [{...}, {...}].")
    return record.values is None


def _line_record(number: int, text: str) -> Record:
    try:
        return _object_record(number, json.loads(text), text)
    except json.JSONDecodeError as error:
        return Record(number, fault=f"not JSON: {error.msg} at column {error.colno}", raw=text)
    except (ValueError, RecursionError) as error:
        return Record(number, fault=f"not JSON: {error}", raw=text)


def _object_record(line: int, value: Any, text: str) -> Record:
    if isinstance(value, dict):
        return Record(line, values=value)
    kind = {list: "an array", str: "a text", bool: "true or false", type(None): "null"}.get(
        type(value), "a number"
    )
    return Record(line, fault=f"expected a JSON object, found {kind}", raw=text)


class _Scanner:
    """Reads JSON values one after the other from a file that is never in memory whole."""

    def __init__(self, file: SourceFile) -> None:
        self._file = file
        self._chunks = _chunks(file)
        self._decoder = json.JSONDecoder()
        self._text = ""
        self._at = 0
        self._line = 1

    @property
    def line(self) -> int:
        return self._line + self._text.count("\n", 0, self._at)

    def peek(self) -> str:
        """The next character that is not white space, or nothing at the end of the file."""
        while True:
            space = _SPACE.match(self._text, self._at)
            self._at = space.end() if space else self._at
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._fill():
                return ""

    def expect(self, sign: str, what: str) -> None:
        if self.peek() != sign:
            raise self.broken("the file ends inside the array" if not self.peek() and sign != "[" else what)
        self._at += 1

    def value(self) -> tuple[Any, str]:
        """The JSON value that begins here, and its text."""
        while True:
            try:
                value, end = self._decoder.raw_decode(self._text, self._at)
            except json.JSONDecodeError as error:
                if len(self._text) - self._at > MAX_RECORD_BYTES or not self._fill():
                    line = self._line + error.lineno - 1
                    raise self.broken(f"{error.msg} at column {error.colno}", line) from error
                continue
            except (ValueError, RecursionError) as error:
                raise self.broken(str(error)) from error
            # A number may go on in the next chunk.
            if end == len(self._text) and self._fill():
                continue
            text, self._at = self._text[self._at : end], end
            return value, text

    def broken(self, what: str, line: int | None = None) -> SourceError:
        where = f"{self._file.path}:{line or self.line}"
        return SourceError(where, f"broken JSON array: {what}", "Mend this line, or write the file again.")

    def _fill(self) -> bool:
        chunk = next(self._chunks, None)
        if chunk is None:
            return False
        self._line = self.line
        self._text = self._text[self._at :] + chunk
        self._at = 0
        return True


def _chunks(file: SourceFile) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder("utf-8-sig" if file.encoding == "utf-8" else file.encoding)()
    line = 1
    with opened(file) as handle:
        while True:
            data = handle.read(_CHUNK_BYTES)
            try:
                text = decoder.decode(data, final=not data)
            except UnicodeDecodeError as error:
                raise encoding_error(file, line + error.object.count(b"\n", 0, error.start), error) from error
            line += data.count(b"\n")
            if text:
                yield text
            if not data:
                return
