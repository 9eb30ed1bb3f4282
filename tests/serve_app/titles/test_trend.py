"""What is trending: the formula, and the list that it makes."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from serve_app.titles.build import build_index, current_versions
from serve_app.titles.index import TitleIndex
from serve_app.titles.trend import HALF_LIFE_DAYS, newest_day, trend
from tests.serve_app.titles.shelves import enrich, enrichment, review, shelve, title
from trending.settings import Settings


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


def trending_of(
    home: Path,
    titles: list[dict[str, Any]],
    enrichments: list[dict[str, Any]],
    reviews: list[dict[str, Any]] | None = None,
) -> list[str]:
    settings = Settings(home=home)
    tables = shelve(settings, titles, reviews or [])
    if enrichments:
        enrich(settings, *enrichments)
    versions = current_versions(tables)
    build_index(tables, versions, home / "index.db")
    index = TitleIndex(home / "index.db", versions.snapshot_id)
    page = index.trending(10)
    assert page.total == len(page.items)
    return [item.title_id.removeprefix("id-") for item in page.items]


def test_trending_is_new_and_rated_high_with_one_copy_of_a_work(tmp_path: Path) -> None:
    old, new = date(2019, 1, 1), date(2021, 1, 1)
    titles = [
        title("old unrated", added_on=old),
        title("new unrated", added_on=new),
        title(
            "new copy", added_on=new, title="new unrated", title_key="new unrated (1999)", platform="Amazon"
        ),
        title("undated", added_on=None, release_year=None),
    ]
    assert trending_of(tmp_path, titles, []) == ["new copy", "old unrated", "undated"]


def test_trending_leaves_a_score_without_reviews_at_the_mean(tmp_path: Path) -> None:
    titles = [title("a praised by nobody"), title("b plain"), title("c newer", added_on=date(2020, 1, 3))]
    enrichments = [enrichment("b plain", vibe_score=5.0), enrichment("a praised by nobody", vibe_score=10.0)]
    assert trending_of(tmp_path, titles, enrichments) == ["c newer", "a praised by nobody", "b plain"]


def test_trending_puts_the_better_reviewed_of_two_equally_new_titles_first(tmp_path: Path) -> None:
    titles = [title(name, title_key=name) for name in ("a liked once", "b liked often", "c disliked")]
    enrichments = [enrichment(row["title"], vibe_score=9.0) for row in titles[:2]]
    enrichments.append(enrichment("c disliked", vibe_score=2.0))
    reviews = [review("b liked often", f"Loved it {n}.") for n in range(9)]
    reviews += [review("a liked once", "Loved it."), review("c disliked", "Hated it.")]
    assert trending_of(tmp_path, titles, enrichments, reviews) == [
        "b liked often",
        "a liked once",
        "c disliked",
    ]
