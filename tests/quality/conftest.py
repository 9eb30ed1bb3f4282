"""Small tables in the shape of the catalogue."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pyarrow as pa
import pytest

from trending.catalog.schema import REVIEWS, TITLES

PLOTS = {
    "Western": "A sheriff rides into town with a deputy and waits for the noon train beside the river",
    "Comedy": "Two flatmates hide a borrowed goat from their landlord for one very long weekend in spring",
    "Horror": "Something in the cellar answers the girl at night and it knows the name of her mother",
}


def title_row(number: int, **changes: Any) -> dict[str, Any]:
    """One accepted row; every third is of the same genre."""
    genre = list(PLOTS)[number % 3]
    row = {
        "title_id": f"{number * 7919 % 10_007:06d}",
        "title_key": f"title {number} {1990 + number % 30}",
        "kind": "show" if number % 4 == 0 else "movie",
        "platform": "Alpha" if number % 5 else "Beta",
        "title": f"Title {number}",
        "release_year": 1990 + number % 30,
        "added_on": date(2026, 1, 1 + number % 28) if number % 2 else None,
        "countries": ["Japan", "France"] if number % 6 == 0 else [],
        "plot": f"{PLOTS[genre]} {number}",
        "language": "en",
        "genres": [genre, "Drama"] if number % 2 else [genre],
        "source_genres": [genre],
        "source": "sample",
        "leaked": False,
        "content_hash": str(number),
        "minhash": b"",
        "split": ("train", "train", "train", "validation", "test")[number % 5],
        "row_hash": str(number),
    }
    return row | changes


def titles_table(count: int = 60, **changes: Any) -> pa.Table:
    """`count` rows, each with the same changes."""
    return pa.Table.from_pylist([title_row(n, **changes) for n in range(count)], schema=TITLES)


@pytest.fixture(scope="session")
def make_titles() -> Callable[..., pa.Table]:
    """`make_titles(count, **changes)`: rows that all have the same changes."""
    return titles_table


@pytest.fixture
def titles() -> pa.Table:
    return titles_table()


@pytest.fixture
def reviews() -> pa.Table:
    rows = [
        {
            "review_id": str(n),
            "title_id": f"{n * 7919 % 10_007:06d}" if n % 2 else None,
            "source": "sample",
            "text": "good " * (n % 9 + 1) + ("write to [email]" if n % 10 == 0 else ""),
            "rating": float(n % 10 + 1) if n % 3 else None,
            "sentiment": "positive" if n % 2 else None,
            "language": "en",
            "masked": int(n % 10 == 0),
            "row_hash": str(n),
        }
        for n in range(40)
    ]
    return pa.Table.from_pylist(rows, schema=REVIEWS)
