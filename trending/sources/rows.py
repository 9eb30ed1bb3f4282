"""Records into Arrow batches of raw titles and raw reviews, as a mapping says."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pyarrow as pa

from trending.sources.base import RAW_REVIEWS, RAW_TITLES
from trending.sources.cells import UnfitValueError, labels_of, text_of, value_at
from trending.sources.files import SourceFile
from trending.sources.mapping import Mapping, ReviewMapping
from trending.sources.record import Record
from trending.sources.records import read_records

ROWS_PER_BATCH = 512

Row = dict[str, Any]


def title_batches(file: SourceFile, mapping: Mapping) -> Iterator[pa.Table]:
    """Batches of `RAW_TITLES`: one row a record of the file, at least one batch."""
    row = _title_maker(file, mapping)
    return _batches(map(row, read_records(file, title_columns(mapping))), RAW_TITLES)


def review_batches(file: SourceFile, mapping: Mapping) -> Iterator[pa.Table]:
    """Batches of `RAW_REVIEWS`: one row a record of a file of reviews, or one a review within each title."""
    reviews = mapping.reviews
    assert reviews is not None
    if reviews.column is not None:
        return _batches(_nested_review_rows(file, mapping, reviews.column), RAW_REVIEWS)
    row = _review_maker(mapping, reviews)
    records = read_records(file, review_columns(reviews))
    return _batches((row(record, f"{file.label}:{record.line}") for record in records), RAW_REVIEWS)


def nested_reviews(record: Record, column: str) -> list[Any]:
    """The reviews within a title; what is not a list is one (unreadable) review."""
    value = value_at(record.values or {}, column)
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def title_columns(mapping: Mapping) -> list[str]:
    """Columns of the file that the titles need."""
    return [] if mapping.columns is None else [c for c in mapping.columns.model_dump().values() if c]


def review_columns(reviews: ReviewMapping) -> list[str]:
    """Columns of a file of reviews that they need."""
    return [column for column in reviews.columns.model_dump().values() if column]


def _title_maker(file: SourceFile, mapping: Mapping) -> Callable[[Record], Row]:
    fixed = {"source": mapping.name, "vocabulary": mapping.vocabulary, "date_format": mapping.date_format}
    constants = mapping.constants.model_dump(exclude_none=True)
    columns = {} if mapping.columns is None else mapping.columns.model_dump(exclude_none=True)
    genres, countries = columns.pop("genres", None), columns.pop("countries", None)

    def cell(values: Row, column: str) -> str | None:
        return text_of(value_at(values, column), column, mapping.date_format)

    def fields(values: Row) -> Row:
        row = dict(constants)
        for field, column in columns.items():
            value = values.get(column)
            # Most cells are texts, and the call costs more than this test.
            row[field] = value if value and type(value) is str else cell(values, column)
        if countries:
            value = value_at(values, countries)
            several = ", ".join(labels_of(value, countries)) if isinstance(value, list) else value
            row["countries"] = text_of(several, countries)
        if genres:
            row["genres"] = labels_of(value_at(values, genres), genres, mapping.separator)
        row["kind"] = mapping.kinds.get(row["kind"], row["kind"])
        row.setdefault("genres", [])
        return row

    def row(record: Record) -> Row:
        known = fixed | {"row_ref": f"{file.label}:{record.line}"}
        return known | _fields_or_fault(record, fields)

    return row


def _review_maker(mapping: Mapping, reviews: ReviewMapping) -> Callable[[Record, str], Row]:
    columns = reviews.columns.model_dump(exclude_none=True)
    kinds = {**mapping.kinds, **reviews.kinds}

    def fields(values: Row) -> Row:
        row: Row = {field: text_of(value_at(values, column), column) for field, column in columns.items()}
        row["kind"] = kinds.get(row.get("kind") or "", row.get("kind"))
        row["sentiment"] = reviews.sentiments.get(row.get("sentiment") or "", row.get("sentiment"))
        return row

    def row(record: Record, row_ref: str) -> Row:
        return {"source": mapping.name, "row_ref": row_ref} | _fields_or_fault(record, fields)

    return row


def _nested_review_rows(file: SourceFile, mapping: Mapping, column: str) -> Iterator[Row]:
    assert mapping.reviews is not None
    title, review = _title_maker(file, mapping), _review_maker(mapping, mapping.reviews)
    text_column = mapping.reviews.columns.text
    for record in read_records(file, [*title_columns(mapping), column]):
        about = title(record)
        reviewed = {key: about.get(key) for key in ("kind", "title", "release_year")}
        for number, value in enumerate(nested_reviews(record, column), start=1):
            within = _nested_record(record.line, value, text_column)
            row = review(within, f"{file.label}:{record.line}#{number}")
            yield row if row.get("fault") else row | reviewed


def _nested_record(line: int, value: Any, text_column: str) -> Record:
    if isinstance(value, dict):
        return Record(line, values=value)
    if isinstance(value, str):
        return Record(line, values={text_column: value})
    return Record(line, fault="expected a review, found neither an object nor a text", raw=_as_json(value))


def _fields_or_fault(record: Record, fields: Callable[[Row], Row]) -> Row:
    if record.values is None:
        return {"fault": record.fault, "raw": record.raw}
    try:
        return fields(record.values)
    except UnfitValueError as error:
        return {"fault": str(error), "raw": _as_json(record.values)}


def _as_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)


def _batches(rows: Iterable[Row], schema: pa.Schema) -> Iterator[pa.Table]:
    rows = iter(rows)
    batch = list(itertools.islice(rows, ROWS_PER_BATCH))
    yield _table(batch, schema)
    while batch := list(itertools.islice(rows, ROWS_PER_BATCH)):
        yield _table(batch, schema)


def _table(rows: list[Row], schema: pa.Schema) -> pa.Table:
    try:
        return pa.Table.from_pylist(rows, schema=schema)
    except UnicodeEncodeError:
        # JSON can escape half of a surrogate pair, which is no character.
        return pa.Table.from_pylist([_mended(row) for row in rows], schema=schema)


def _mended(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "surrogatepass").decode("utf-8", "replace")
    if isinstance(value, list):
        return [_mended(item) for item in value]
    return {key: _mended(item) for key, item in value.items()} if isinstance(value, dict) else value
