"""Values of tables as JSON and JavaScript hold them; rows streamed in small lists."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from serve_app.titles import plain
from tests.serve_app.titles.shelves import shelve, title
from trending.settings import Settings


def test_values_are_plain() -> None:
    row = {
        "when": datetime(2026, 1, 2, 3, 4, tzinfo=UTC),
        "day": date(2026, 1, 2),
        "none": float("nan"),
        "endless": float("inf"),
        "price": Decimal("1.5"),
        "digest": b"\x00\xff",
        "snapshot": 4599679080156664191,
        "count": 3,
        "leaked": True,
        "nested": [{"score": float("-inf")}, ("a", None)],
    }
    assert plain.plain(row) == {
        "when": "2026-01-02T03:04:00+00:00",
        "day": "2026-01-02",
        "none": None,
        "endless": None,
        "price": 1.5,
        "digest": "00ff",
        "snapshot": "4599679080156664191",
        "count": 3,
        "leaked": True,
        "nested": [{"score": None}, ["a", None]],
    }
    json.dumps(plain.plain(row), allow_nan=False)


def test_rows_come_in_lists_no_longer_than_asked(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plain, "ROWS_AT_ONCE", 2)
    tables = shelve(settings, [title(name) for name in "abcde"])
    lists = list(plain.plain_rows(tables.table("titles"), tables.latest(), ("title", "added_on")))
    assert [len(rows) for rows in lists] == [2, 2, 1]
    assert [row for rows in lists for row in rows] == [
        {"title": n, "added_on": "2020-01-02"} for n in "abcde"
    ]
    assert list(plain.plain_rows(tables.table("titles"), None)) == []
