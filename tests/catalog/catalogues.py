"""Small catalogues on disk, read by the real source."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from trending.sources.mapping import Mapping
from trending.sources.table import TableSource


def catalogue(file: Path, titles: Iterable[dict[str, Any]], *, name: str = "films") -> TableSource:
    """Titles with their reviews, written as JSON Lines to `file`, as a source."""
    lines = [title if isinstance(title, str) else json.dumps(title) for title in titles]
    file.write_text("".join(line + "\n" for line in lines), encoding="utf-8")
    return described(file, name=name)


def described(file: Path, *, name: str = "films") -> TableSource:
    """The source of a file that `catalogue` wrote."""
    columns = {field: field for field in ("title", "plot", "kind", "platform", "release_year", "genres")}
    mapping = Mapping.model_validate(
        {
            "name": name,
            "path": str(file),
            "format": "json-lines",
            "columns": columns,
            "reviews": {"column": "reviews", "columns": {"text": "text", "rating": "rating"}},
        }
    )
    return TableSource(mapping, told_in="test")


def film(title: str, plot: str, **fields: Any) -> dict[str, Any]:
    """A film of 1999, a drama unless told otherwise."""
    usual = {
        "kind": "movie",
        "platform": "Netflix",
        "release_year": "1999",
        "genres": ["Drama"],
        "reviews": [],
    }
    return {"title": title, "plot": plot} | usual | fields


PLOTS = (
    "A lighthouse keeper on the Norwegian coast hides two deserters from the patrol boats for one winter.",
    "Three sisters inherit a bankrupt bakery in Lisbon and have forty days to pay what their father owed.",
    "An archivist finds letters that prove the mayor sold the old harbour, and nobody wants to print them.",
    "A retired goalkeeper trains the girls of a mining town for the only match that they will ever play.",
    "The crew of a cargo airship loses its captain over Patagonia and elects the cook to take his place.",
    "On the last night of the ferry line its two pilots tell passengers what they saw on the river.",
)
"""Plots that have nothing in common."""
