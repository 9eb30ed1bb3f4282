"""Search, filters, order, paging, facets and one title, over an index built from Iceberg tables."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from serve_app.contracts import TitleQuery
from serve_app.titles import query
from serve_app.titles.build import build_index, current_versions
from serve_app.titles.index import MOST_REVIEWS, TitleIndex
from tests.serve_app.titles.shelves import enrich, enrichment, review, shelve, title
from trending.settings import Settings

TITLES = [
    title(
        "Amélie",
        plot="A shy waitress in Paris changes lives.",
        genres=["Comedy", "Romance"],
        release_year=2001,
    ),
    title("Paris, Texas", plot="A man walks out of the desert.", release_year=1984, added_on=None),
    title(
        "Heat",
        plot="A detective hunts a careful thief.",
        genres=["Crime"],
        platform="Amazon",
        release_year=1995,
    ),
    title("The Wire", kind="show", plot="Detectives and dealers in Baltimore.", genres=["Crime", "Drama"]),
    title("Don't Look Up", plot="Two astronomers warn of a comet.", genres=[], added_on=date(2021, 12, 24)),
    title("alien", plot="A crew meets a creature.", genres=["Sci-Fi"], platform="Amazon", added_on=None),
]
REVIEWS = [
    *(review("Heat", f"Review {n:02} of Heat", rating=8.0) for n in range(25)),
    review("alien", "Terrifying.", rating=9.5),
    review("alien", "No number here."),
    review("Amélie", "A review of no known title", title_id=None),
]
ENRICHMENTS = [
    enrichment(
        "Amélie", vibe_score=8.75, vibe_tags=["whimsical", "heartwarming"], probabilities=[("Comedy", 0.5)]
    ),
    enrichment("Heat", vibe_score=7.5, vibe_tags=["tense"], enriched_at=datetime(2026, 1, 2, tzinfo=UTC)),
    enrichment(
        "Don't Look Up", vibe_score=5.5, vibe_tags=["tense", "satirical"], genres=["Comedy", "Sci-Fi"]
    ),
    enrichment("The Wire", vibe_score=None, score_basis="none"),
    enrichment("Gone", vibe_score=9.9, vibe_tags=["lost"]),
]


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TitleIndex]:
    home = tmp_path_factory.mktemp("shelves")
    settings = Settings(home=home)
    tables = shelve(settings, TITLES, REVIEWS)
    enrich(settings, *ENRICHMENTS)
    versions = current_versions(tables)
    build_index(tables, versions, home / "index.db")
    index = TitleIndex(home / "index.db", versions.snapshot_id)
    yield index
    index.close()


def found(index: TitleIndex, **asked: Any) -> list[str]:
    page = index.search(TitleQuery(**asked))
    return [item.title for item in page.items]


@pytest.mark.parametrize(
    ("text", "titles"),
    [
        ("amelie", ["Amélie"]),
        ("AMÉLIE", ["Amélie"]),
        ("paris", ["Paris, Texas", "Amélie"]),  # the title counts for more than the plot
        ("paris waitress", ["Amélie"]),
        ("detect", ["The Wire", "Heat"]),  # in the shorter plot it counts for more
        ("detect thief", []),  # only the last word may be a beginning
        ("dont look", ["Don't Look Up"]),
        ("don’t loo", ["Don't Look Up"]),
        ("whimsical", ["Amélie"]),
        ("terrifying", []),  # a word of a review
        ("???", []),
        ("no such words", []),
    ],
)
def test_a_text_finds_titles_by_their_words(index: TitleIndex, text: str, titles: list[str]) -> None:
    assert found(index, text=text, sort="relevance") == titles


@pytest.mark.parametrize(
    "text",
    [
        *(
            '"',
            'paris"',
            "paris*",
            "title:paris",
            "paris AND",
            "NOT paris",
            "NEAR(paris texas)",
            "^paris",
            "(",
            "-",
        ),
        *(
            "paris OR",
            "{title plot}: paris",
            "\0",
            "\ud800",
            "'; DROP TABLE titles; --",
            "a" * 100_000,
            "a " * 5_000,
        ),
    ],
)
def test_no_text_is_syntax(index: TitleIndex, text: str) -> None:
    before = index.search(TitleQuery()).total
    index.search(TitleQuery(text=text, sort="relevance"))
    index.search(TitleQuery(genres=(text,), platforms=(text,), kinds=(text,), tags=(text,)))
    assert index.get(text) is None
    assert index.search(TitleQuery()).total == before


def test_words_that_are_operators_elsewhere_are_words_here(index: TitleIndex) -> None:
    assert found(index, text="paris OR texas") == []
    assert found(index, text="paris NOT texas") == []
    assert found(index, text="plot:paris") == []


@hypothesis_settings(
    max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(text=st.text(max_size=60), order=st.sampled_from(["relevance", "newest", "title", "score"]))
def test_any_text_is_answered(index: TitleIndex, text: str, order: Any) -> None:
    page = index.search(TitleQuery(text=text, sort=order))
    assert page.total == len(page.items) <= len(TITLES)


def test_values_of_one_filter_are_alternatives_and_filters_all_hold(index: TitleIndex) -> None:
    assert found(index, genres=("Crime", "Romance"), sort="title") == ["Amélie", "Heat", "The Wire"]
    assert found(index, genres=("Crime",), platforms=("Amazon",)) == ["Heat"]
    assert found(index, genres=("crime",), kinds=("SHOW",)) == ["The Wire"]
    assert found(index, tags=("tense",), sort="title") == ["Don't Look Up", "Heat"]
    assert found(index, tags=("tense",), text="comet") == ["Don't Look Up"]
    assert found(index, tags=("lost",)) == []


def test_ranges_include_their_ends_and_leave_out_what_has_no_value(index: TitleIndex) -> None:
    assert found(index, min_score=7.5, sort="score") == ["alien", "Amélie", "Heat"]
    assert found(index, min_score=5.5, max_score=7.5, sort="score") == ["Heat", "Don't Look Up"]
    assert found(index, year_from=1995, year_to=1999, genres=("Crime",), sort="title") == ["Heat", "The Wire"]
    assert found(index, year_to=1984) == ["Paris, Texas"]
    assert found(index, year_from=10**30) == []
    assert len(found(index, year_to=10**30, min_score=float("-inf"))) == 4
    assert found(index, min_score=float("nan")) == []


def test_orders(index: TitleIndex) -> None:
    by_title = ["alien", "Amélie", "Don't Look Up", "Heat", "Paris, Texas", "The Wire"]
    assert found(index, sort="title") == by_title
    by_date = ["Don't Look Up", "Amélie", "Heat", "The Wire", "alien", "Paris, Texas"]
    assert found(index, sort="newest") == found(index, sort="relevance") == by_date
    by_score = ["alien", "Amélie", "Heat", "Don't Look Up", "Paris, Texas", "The Wire"]
    assert found(index, sort="score") == by_score


@pytest.mark.parametrize("sort", ["relevance", "title", "newest", "score"])
@pytest.mark.parametrize("text", ["", "a"])
def test_pages_add_up_to_the_whole(index: TitleIndex, sort: Any, text: str) -> None:
    whole = index.search(TitleQuery(sort=sort, text=text))
    pages = [index.search(TitleQuery(sort=sort, text=text, offset=n, limit=2)) for n in range(0, 8, 2)]
    assert sum((page.items for page in pages), ()) == whole.items
    assert {page.total for page in pages} == {whole.total}
    beyond = index.search(TitleQuery(sort=sort, text=text, offset=10**30))
    assert (beyond.items, beyond.total) == ((), whole.total)


def test_what_very_many_titles_match_comes_by_title_then_newest(
    index: TitleIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(query, "MOST_RANKED", 0)
    in_title, in_plot = ["Amélie", "alien"], ["Don't Look Up", "Heat", "The Wire", "Paris, Texas"]
    assert found(index, text="a", sort="relevance") == in_title + in_plot
    assert found(index, text="a", sort="relevance", kinds=("show",)) == ["The Wire"]


@pytest.mark.parametrize("sort", ["relevance", "title", "newest", "score"])
def test_both_ways_to_a_page_of_many_titles_give_the_same(
    index: TitleIndex, monkeypatch: pytest.MonkeyPatch, sort: Any
) -> None:
    many = {"genres": ("Crime", "Comedy", "Sci-Fi"), "platforms": ("netflix",), "sort": sort, "limit": 1}
    found_and_sorted = index.search(TitleQuery(**many, offset=0))
    monkeypatch.setattr(query, "WALK_FROM", 0)
    monkeypatch.setattr(query, "WALKED_SHARE", 1.0)
    assert query.ordered(TitleQuery(**many), 3).where.count("EXISTS") == 1
    assert index.search(TitleQuery(**many, offset=0)) == found_and_sorted
    assert found_and_sorted.total == 3


def test_facets_count_titles_most_frequent_first(index: TitleIndex) -> None:
    facets = index.facets()
    assert list(facets) == ["genres", "platforms", "kinds", "tags"]
    assert facets["genres"] == (("Comedy", 2), ("Crime", 2), ("Drama", 2), ("Sci-Fi", 2), ("Romance", 1))
    assert facets["platforms"] == (("Netflix", 4), ("Amazon", 2))
    assert facets["kinds"] == (("movie", 5), ("show", 1))
    assert facets["tags"] == (("tense", 2), ("heartwarming", 1), ("satirical", 1), ("whimsical", 1))
    for genre, count in facets["genres"]:
        assert index.search(TitleQuery(genres=(genre,))).total == count


def test_a_title_is_given_with_all_that_is_known_of_it(index: TitleIndex) -> None:
    detail = index.get("id-Heat")
    assert detail is not None
    assert detail.summary == index.search(TitleQuery(text="heat")).items[0]
    assert (detail.plot, detail.countries, detail.language) == (
        "A detective hunts a careful thief.",
        ("Norway",),
        "en",
    )
    assert detail.reviews == tuple(f"Review {n:02} of Heat" for n in range(MOST_REVIEWS))
    assert detail.ratings == (8.0,) * 25
    assert detail.content_hash == "hash of Heat"
    assert detail.enrichment is not None
    assert detail.enrichment["summary"] == "About Heat."
    assert detail.enrichment["snapshot_id"] == str(2**62)  # JavaScript would round the number
    assert detail.enrichment["enriched_at"].startswith("2026-01-02T00:00:00")
    assert json.dumps(dataclasses.asdict(detail), allow_nan=False)
    assert index.get("id-Gone") is None


def test_maps_of_an_enrichment_are_objects(index: TitleIndex) -> None:
    detail = index.get("id-Amélie")
    assert detail is not None
    assert detail.enrichment is not None
    assert detail.enrichment["probabilities"] == {"Comedy": 0.5}


def test_a_score_is_the_enrichments_else_the_mean_of_the_ratings(index: TitleIndex) -> None:
    by_title = {item.title: (item.vibe_score, item.score_basis) for item in index.search(TitleQuery()).items}
    assert by_title["Heat"] == (7.5, "sentiment")
    assert by_title["alien"] == (9.5, "ratings")
    assert by_title["Paris, Texas"] == (None, "none")


def test_genres_are_the_catalogues_else_the_enrichments(index: TitleIndex) -> None:
    by_title = {item.title: item.genres for item in index.search(TitleQuery()).items}
    assert by_title["Heat"] == ("Crime",)
    assert by_title["Don't Look Up"] == ("Comedy", "Sci-Fi")
    assert "Don't Look Up" in found(index, genres=("Sci-Fi",))


def test_many_threads_read_at_once(index: TitleIndex) -> None:
    queries = [TitleQuery(text=text, sort="relevance") for text in ("paris", "detect", "a", "crew")] * 100
    expected = [index.search(asked) for asked in queries]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(index.search, queries)) == expected
