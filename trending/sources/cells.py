"""What a mapped column holds in one record: a text, or a list of labels."""

from __future__ import annotations

import ast
import datetime as dt
import json
import math
from typing import Any


class UnfitValueError(ValueError):
    """A value that cannot be the field it is mapped to."""


def value_at(values: dict[str, Any], column: str) -> Any:
    """The value of a column; `a.b` is the field `b` of the object, or of each object, in the column `a`."""
    if column in values or "." not in column:
        return values.get(column)
    top, _, rest = column.partition(".")
    inner = _parsed(values.get(top))
    if isinstance(inner, list):
        return [value_at(item, rest) if isinstance(item, dict) else item for item in inner]
    return value_at(inner, rest) if isinstance(inner, dict) else None


def text_of(value: Any, column: str, date_format: str | None = None) -> str | None:
    """The value as text, None where it is empty. A date is written in `date_format`, ISO where that is None.

    Raises `UnfitValueError` for a list, an object or bytes.
    """
    if value is None or isinstance(value, str):
        return value or None
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        if math.isnan(value):
            return None
        return str(int(value)) if value.is_integer() else str(value)
    if isinstance(value, dt.date):
        return value.strftime(date_format or "%Y-%m-%d")
    if isinstance(value, dict | list | tuple | bytes):
        found = {dict: "an object", bytes: "bytes"}.get(type(value), "a list")
        raise UnfitValueError(f"`{column}` holds {found}, expected a text")
    return str(value)


def labels_of(value: Any, column: str, separator: str | None = None) -> list[str]:
    """The labels in a nested list, or in a cell: split at the separator, or whole where there is none."""
    value = _parsed(value)
    if isinstance(value, list | tuple):
        labels = [text_of(item, column) for item in value]
    elif isinstance(value, str) and separator:
        labels = [label.strip() for label in value.split(separator)]
    else:
        labels = [text_of(value, column)]
    return [label for label in labels if label]


def _parsed(value: Any) -> Any:
    """A list or an object that was written into a text cell, as JSON or as Python prints it."""
    if not isinstance(value, str) or not value.lstrip().startswith(("[", "{")):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        pass
    try:
        return ast.literal_eval(value.strip())
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return value
