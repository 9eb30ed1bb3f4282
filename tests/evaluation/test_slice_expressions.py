from __future__ import annotations

import pandas as pd
import pytest

from trending.errors import SliceError
from trending.evaluation.slice_expressions import matching_rows


@pytest.fixture
def facts() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "kind": ["movie", "show", "movie", "movie"],
            "decade": pd.array([1970, 1990, None, 2010], "Int64"),
            "country": ["India", None, "Japan", "India"],
            "reviewed": [True, False, False, True],
            "genre_count": [1, 2, 3, 1],
        }
    )


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("kind == 'movie'", [0, 2, 3]),
        ("decade < 1980", [0]),
        ("1980 <= decade < 2000", [1]),
        ("decade < 1980 or decade >= 2010", [0, 3]),
        ("kind == 'movie' and not decade < 1980", [3]),
        ("country in ['India', 'Japan'] and genre_count > 1", [2]),
        ("country not in ('India', 'Japan')", [1]),
        ("kind == 'movie' and country == 'India' and reviewed", [0, 3]),
        ("not reviewed", [1, 2]),
        ("(kind == 'show' or reviewed) and genre_count != 2", [0, 3]),
        ("genre_count > -1", [0, 1, 2, 3]),
        ("country == 'Atlantis'", []),
    ],
)
def test_a_condition_holds_for_the_titles_that_it_says(
    facts: pd.DataFrame, expression: str, expected: list[int]
) -> None:
    assert matching_rows(facts, expression).tolist() == expected


@pytest.mark.parametrize(
    ("expression", "why"),
    [
        ("__import__('os').system('true')", "no comparison"),
        ("kind.str.len() > 3", "neither a column"),
        ("kind == 'movie' and open('x')", "no comparison"),
        ("decade + 10 < 1990", "neither a column"),
        ("decade ** 9 ** 9 < 1", "neither a column"),
        ("kind == @secret", "cannot be read"),
        ("kind == `decade`", "cannot be read"),
        ("platforms == 'Netflix'", "names `platforms`; there are kind, decade"),
        ("(lambda: 1)() == 1", "neither a column"),
        ("[x for x in kind] == 1", "neither a column"),
        ("decade[0] == 1970", "neither a column"),
        ("kind in kind", "comes a list"),
        ("kind is 'movie'", "compares nothing"),
        ("kind == f'{decade}'", "neither a column"),
        ("decade", "no condition"),
        ("1 == 1", "names no column"),
        ("kind > 5", "cannot be computed"),
        ("kind = 'movie'", "cannot be read"),
        ("", "cannot be read"),
        ("kind == '" + "x" * 600 + "'", "longer than"),
        ("(" * 400 + "reviewed" + ")" * 90, "cannot be read"),
    ],
)
def test_anything_but_a_comparison_of_columns_is_refused(
    facts: pd.DataFrame, expression: str, why: str
) -> None:
    with pytest.raises(SliceError, match=why.replace("(", r"\(")):
        matching_rows(facts, expression)
