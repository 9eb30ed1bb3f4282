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
_AMONG = f"t.id IN (SELECT id FROM {{table}} WHERE value {_ANY_OF})"
_HAS = f"EXISTS (SELECT 1 FROM {{table}} WHERE id = t.id AND value {_ANY_OF})"
WALK_FROM = 1000
"""Titles from which on it is faster to look at one after the other until a page is full than to find and sort all."""
WALKED_SHARE = 0.25
"""Of the titles that answer: where the page ends later, all are found and sorted after all."""
_ORDERS = {
    "relevance": "bm25(words, 10, 1, 4), t.id",
    "newest": "t.newest DESC, t.id",
    "title": "t.id",
    "score": "t.vibe_score DESC, t.id",
}
"""Titles are numbered by name, so `id` is the order of names."""
_COMMON_ORDER = "t.id IN (SELECT rowid FROM words WHERE words MATCH ?) DESC, t.newest DESC, t.id"
MOST_RANKED = 3000
"""Titles that are ranked by BM25. What more of them match says little about any of them."""


@dataclass
class Select:
    """The parts of a `SELECT` over `titles t`."""

    source: str = "titles t"
    conditions: list[str] = field(default_factory=list)
    parameters: list[Any] = field(default_factory=list)
    order: str = _ORDERS["newest"]
    order_parameters: list[Any] = field(default_factory=list)

    @property
    def where(self) -> str:
        """The conditions as a clause, empty where there are none."""
        return f"WHERE {' AND '.join(self.conditions)}" if self.conditions else ""

    def add(self, condition: str, *parameters: Any) -> None:
        """One more condition, which must hold besides the others."""
        self.conditions.append(condition)
        self.parameters += parameters


def ordered(query: TitleQuery, total: int) -> Select:
    """The SQL of a query that `total` titles answer, in its order.

    Sorting by relevance needs a text; without one it is by newest. More than `MOST_RANKED` titles are not ranked:
    those with the words in their title come first, the newest of them first.
    """
    few = query.offset + query.limit < total * WALKED_SHARE
    chosen = matching(query, walk=few and total > WALK_FROM and not query.text.strip())
    by_relevance = query.sort == "relevance" and bool(query.text.strip())
    if by_relevance and total > MOST_RANKED:
        chosen.order, chosen.order_parameters = _COMMON_ORDER, [f"title : ({match(query.text)})"]
    else:
        chosen.order = _ORDERS["newest" if query.sort == "relevance" and not by_relevance else query.sort]
    return chosen


def matching(query: TitleQuery, *, walk: bool = False) -> Select:
    """The SQL of a query, whatever its order.

    Inside one filter any value will do; all filters must hold. A range leaves out titles without a score or year.
    `walk`: for reading in order until a page is full, instead of finding all.
    """
    chosen = Select()
    if query.text.strip():
        chosen.source = "words JOIN titles t ON t.id = words.rowid"
        chosen.add("words MATCH ?", match(query.text))
    for table, values in (("title_genres", query.genres), ("title_tags", query.tags)):
        if values:
            chosen.add((_HAS if walk else _AMONG).format(table=table), _json(values))
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
