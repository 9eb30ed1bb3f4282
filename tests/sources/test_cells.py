from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from trending.sources.cells import UnfitValueError, labels_of, text_of, value_at


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, None),
        ("", None),
        (" as found ", " as found "),
        (1999, "1999"),
        (1999.0, "1999"),
        (7.5, "7.5"),
        (float("nan"), None),
        (True, "true"),
        (Decimal("8.1"), "8.1"),
        (dt.date(2021, 3, 30), "2021-03-30"),
        (dt.datetime(2021, 3, 30, 12), "2021-03-30"),
    ],
)
def test_values_become_the_text_that_a_person_would_write(value: object, text: str | None) -> None:
    assert text_of(value, "c") == text


def test_a_real_date_is_written_in_the_form_that_the_mapping_promises() -> None:
    assert text_of(dt.date(2021, 3, 30), "added", "%d-%b-%y") == "30-Mar-21"


@pytest.mark.parametrize(("value", "found"), [([1], "a list"), ({"a": 1}, "an object"), (b"x", "bytes")])
def test_what_is_no_text_is_unfit(value: object, found: str) -> None:
    with pytest.raises(UnfitValueError, match=f"`plot` holds {found}, expected a text"):
        text_of(value, "plot")


@pytest.mark.parametrize(
    ("value", "separator", "labels"),
    [
        (["Drama", None, "", "Crime"], None, ["Drama", "Crime"]),
        ('["Drama", "Crime"]', None, ["Drama", "Crime"]),
        ("['Drama', 'Crime']", None, ["Drama", "Crime"]),
        ("Drama, Crime", ",", ["Drama", "Crime"]),
        ("Drama | Crime |", "|", ["Drama", "Crime"]),
        ("Arts, Entertainment, and Culture", None, ["Arts, Entertainment, and Culture"]),
        ("[unclosed", None, ["[unclosed"]),
        (None, ",", []),
        ("", None, []),
    ],
)
def test_labels_are_nested_separated_or_the_whole_cell(
    value: object, separator: str | None, labels: list[str]
) -> None:
    assert labels_of(value, "genres", separator) == labels


def test_a_dotted_column_reaches_into_objects_and_lists_of_objects() -> None:
    values = {
        "a.b": "itself",
        "info": {"plot": "x"},
        "tags": [{"id": 1, "name": "Drama"}, {"id": 2, "name": "Crime"}, "War"],
        "cell": '[{"name": "Drama"}]',
        "flat": "text",
    }
    assert value_at(values, "a.b") == "itself"
    assert value_at(values, "info.plot") == "x"
    assert value_at(values, "tags.name") == ["Drama", "Crime", "War"]
    assert value_at(values, "cell.name") == ["Drama"]
    assert value_at(values, "flat.name") is None
    assert value_at(values, "absent.name") is None
