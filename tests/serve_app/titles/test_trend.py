"""The formula of what is trending."""

from __future__ import annotations

import pytest

from serve_app.titles.trend import HALF_LIFE_DAYS, newest_day, trend


def test_of_two_equally_new_titles_the_better_rated_ranks_higher() -> None:
    assert trend(9, 10, 30, mean=5) > trend(7, 10, 30, mean=5) > trend(3, 10, 30, mean=5)


def test_of_two_equally_rated_titles_the_newer_ranks_higher() -> None:
    assert trend(7, 10, 0, mean=5) > trend(7, 10, 30, mean=5) > trend(7, 10, 300, mean=5)


def test_a_high_score_counts_for_more_the_more_reviews_it_stands_on() -> None:
    assert trend(9, 100, 0, mean=5) > trend(9, 5, 0, mean=5) > trend(9, 1, 0, mean=5) > 5
    assert trend(2, 100, 0, mean=5) < trend(2, 5, 0, mean=5) < trend(2, 1, 0, mean=5) < 5


def test_a_title_without_score_or_reviews_is_held_for_an_average_one() -> None:
    assert trend(None, 50, 0, mean=6) == trend(10, 0, 0, mean=6) == 6


def test_half_a_year_costs_half() -> None:
    assert trend(8, 20, HALF_LIFE_DAYS, mean=5) == pytest.approx(trend(8, 20, 0, mean=5) / 2)


def test_a_title_without_a_date_ranks_below_a_century_old_one() -> None:
    assert trend(10, 1000, None, mean=5) < trend(1, 1000, 36_500, mean=5)


def test_a_title_is_as_new_as_its_addition_else_as_the_middle_of_its_year() -> None:
    added_late, of_year = newest_day("2021-03-01", 1950), newest_day(None, 2020)
    assert added_late is not None
    assert of_year is not None
    assert added_late > of_year == newest_day("2020-07-01", None)
    assert newest_day(None, None) is None
    assert newest_day(None, 12_000) is None
