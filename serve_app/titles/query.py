"""A query as SQL. What a person wrote travels as parameters, never as SQL and never as FTS5 syntax."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from serve_app.contracts import TitleQuery
from trending.catalog.text import words_of

MOST_WORDS, MOST_CHARS = 32, 1000
"""Of a search text; what is longer is cut."""
_LARGEST = 2**62
_ANY_OF = "IN (SELECT value FROM json_each(?))"
_ORDERS = {
    "relevance": "bm25(words, 10, 1, 4), t.id",
    "newest": "t.newest DESC, t.id",
    "title": "t.id",
    "score": "t.vibe_score DESC, t.id",
}
"""Titles are numbered by name, so `id` is the order of names."""


@dataclass
class Select:
    """The parts of a `SELECT` over `titles t`."""

    source: str = "titles t"
    conditions: list[str] = field(default_factory=list)
    parameters: list[Any] = field(default_factory=list)
    order: str = _ORDERS["newest"]

    @property
    def where(self) -> str:
        """The conditions as a clause, empty where there are none."""
        return f"WHERE {' AND '.join(self.conditions)}" if self.conditions else ""

    def add(self, condition: str, *parameters: Any) -> None:
        """One more condition, which must hold besides the others."""
        self.conditions.append(condition)
        self.parameters += parameters


def select(query: TitleQuery) -> Select:
    """The SQL of a query. Inside one filter any value will do; all filters must hold.

    A range leaves out titles without a score or year. Sorting by relevance needs a text; without one it is by
    newest.
    """
    chosen = Select()
    has_text = bool(query.text.strip())
    if has_text:
        chosen.source = "words JOIN titles t ON t.id = words.rowid"
        chosen.add("words MATCH ?", match(query.text))
    for table, values in (("title_genres", query.genres), ("title_tags", query.tags)):
        if values:
            chosen.add(
                f"t.id IN (SELECT id FROM {table} WHERE value IN (SELECT value FROM json_each(?)))",
                _json(values),
            )
    for column, values in (("platform", query.platforms), ("kind", query.kinds)):
        if values:
            chosen.add(f"t.{column} {_ANY_OF}", _json(values))
    for condition, bound in (
        ("t.vibe_score >= ?", query.min_score),
        ("t.vibe_score <= ?", query.max_score),
        ("t.release_year >= ?", query.year_from),
        ("t.release_year <= ?", query.year_to),
    ):
        if bound is not None:
            chosen.add(condition, within(bound))
    chosen.order = _ORDERS["newest" if query.sort == "relevance" and not has_text else query.sort]
    return chosen


def match(text: str) -> str:
    """An FTS5 expression: every word must be there, the last one as the beginning of a word.

    The words are folded as those of the index are and stand in quotes, so nothing in them is an operator.
    """
    words = words_of(storable(text)[:MOST_CHARS]).split()[:MOST_WORDS]
    quoted = [f'"{word}"' for word in words]
    return " AND ".join(quoted) + "*" if quoted else '""'


def storable(text: str) -> str:
    """The text without what SQLite cannot take: halves of characters, which JSON lets through."""
    return text.encode("utf-8", "replace").decode("utf-8").replace("\0", " ")


def within(number: float) -> float:
    """The number, no larger than SQLite's integers."""
    return max(-_LARGEST, min(number, _LARGEST)) if isinstance(number, int) else number


def _json(values: Sequence[str]) -> str:
    return json.dumps([storable(value) for value in values])
