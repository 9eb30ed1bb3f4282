from __future__ import annotations

from datetime import date

import pytest

from trending.catalog.dates import parse_date


@pytest.mark.parametrize(
    ("text", "fmt", "expected"),
    [
        ("2021-09-25", "%Y-%m-%d", date(2021, 9, 25)),
        ("30-Mar-21", "%d-%b-%y", date(2021, 3, 30)),
        (" 2021-09-25 ", None, date(2021, 9, 25)),
        ("", "%Y-%m-%d", None),
        (None, None, None),
    ],
)
def test_dates_are_read_in_the_form_of_their_source(
    text: str | None, fmt: str | None, expected: date | None
) -> None:
    assert parse_date(text, fmt) == expected


@pytest.mark.parametrize("text", ["25/09/2021", "2021-02-30", "soon"])
def test_a_date_in_another_form_is_refused_with_both_named(text: str) -> None:
    with pytest.raises(ValueError, match=rf"'{text}'.*'%Y-%m-%d'"):
        parse_date(text, "%Y-%m-%d")
