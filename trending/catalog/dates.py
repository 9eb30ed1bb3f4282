"""Dates in the form that each source writes them."""

from __future__ import annotations

from datetime import date, datetime
from functools import lru_cache


def parse_date(text: str | None, fmt: str | None) -> date | None:
    """The date that `text` writes in the `strptime` format `fmt`, or None for an empty text.

    `fmt` None stands for ISO 8601. Raises `ValueError`, with a sentence for a person, when the text does not
    fit.
    """
    text = (text or "").strip()
    if not text:
        return None
    return _parsed(text, fmt or "%Y-%m-%d")


@lru_cache(maxsize=8192)
def _parsed(text: str, fmt: str) -> date:
    try:
        return datetime.strptime(text, fmt).date()
    except ValueError:
        raise ValueError(f"date {text!r} is not in the form {fmt!r}") from None
