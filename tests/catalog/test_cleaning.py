from __future__ import annotations

import json
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv
import pytest

from trending.catalog import identity
from trending.catalog.cleaning import (
    CLEANED_REVIEWS,
    CLEANED_TITLES,
    clean_reviews,
    clean_titles,
    ray_clean_reviews,
    ray_clean_titles,
)
from trending.catalog.schema import REVIEWS, TITLES
from trending.catalog.taxonomy import load_taxonomy
from trending.settings import Settings
from trending.sources.base import RAW_REVIEWS, RAW_TITLES

TODAY = date(2025, 6, 1)
TITLE = {
    "source": "amazon",
    "vocabulary": "amazon",
    "date_format": "%d-%b-%y",
    "row_ref": "a.csv:2",
    "kind": "Movie",
    "platform": "Amazon Prime",
    "title": "Glass Harbour (4K UHD)",
    "release_year": "2018",
    "added_on": "30-Mar-21",
    "countries": "Norway, Denmark,, Norway",
    "plot": "A <b>tense</b> thriller about a ferry pilot who finds her brother&#39;s coat.",
    "genres": ["Suspense, Arts, Entertainment, and Culture, Special Interest, Odd"],
}
REVIEW = {
    "source": "sample",
    "row_ref": "r.csv:2",
    "kind": "movie",
    "title": "Glass Harbour",
    "release_year": "2018",
    "text": "Loved it!<br>Write to fan@mail.example",
    "rating": "7.3",
    "sentiment": "Positive",
}


def titles(settings: Settings, *changes: dict[str, Any]) -> list[dict[str, Any]]:
    batch = pa.Table.from_pylist([TITLE | change for change in changes], schema=RAW_TITLES)
    cleaned = clean_titles(batch, settings=settings, taxonomy=load_taxonomy(), today=TODAY)
    assert cleaned.schema.equals(CLEANED_TITLES)
    return cleaned.to_pylist()


def reviews(*changes: dict[str, Any]) -> list[dict[str, Any]]:
    cleaned = clean_reviews(pa.Table.from_pylist([REVIEW | change for change in changes], schema=RAW_REVIEWS))
    assert cleaned.schema.equals(CLEANED_REVIEWS)
    return cleaned.to_pylist()


def test_a_raw_title_becomes_a_clean_one(settings: Settings) -> None:
    (row,) = titles(settings, {})
    assert row["fault"] is None
    assert row["raw"] is None
    assert row["title"] == "Glass Harbour (4K UHD)"
    assert row["title_key"] == "glass harbour (2018)"
    assert row["title_id"] == identity.title_id("amazon", "movie", "Glass Harbour", 2018)
    assert (row["kind"], row["platform"], row["release_year"]) == ("movie", "Amazon Prime", 2018)
    assert row["added_on"] == date(2021, 3, 30)
    assert row["countries"] == ["Norway", "Denmark"]
    assert row["plot"] == "A tense thriller about a ferry pilot who finds her brother's coat."
    assert row["genres"] == ["Arts & Culture", "Thriller"]
    assert row["source_genres"] == ["Suspense", "Arts, Entertainment, and Culture", "Special Interest", "Odd"]
    assert (row["unmapped"], row["not_genres"]) == (["Odd"], ["Special Interest"])
    assert (row["language"], row["leaked"], row["warnings"]) == ("en", True, [])
    assert (row["keyword_before"], row["keyword_after"]) == (["Thriller"], [])
    assert row["content_hash"] == identity.content_hash(row["plot"])
    assert row["split"] in ("train", "validation", "test")


def test_the_row_hash_is_that_of_the_columns_of_the_table(settings: Settings) -> None:
    (row,) = titles(settings, {})
    assert row["row_hash"] == identity.row_hash({name: row[name] for name in TITLES.names})
    (review,) = reviews({})
    assert review["row_hash"] == identity.row_hash({name: review[name] for name in REVIEWS.names})


def test_a_change_in_any_column_changes_the_row_hash(settings: Settings) -> None:
    changes = [{}, {"platform": "Other"}, {"added_on": ""}, {"countries": "Fiji"}, {"genres": ["Drama"]}]
    assert len({row["row_hash"] for row in titles(settings, *changes)}) == len(changes)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"fault": "expected 12 fields, found 3", "raw": "a,b,c"}, "unreadable: expected 12 fields, found 3"),
        ({"title": None}, "no title"),
        ({"title": "  <br> "}, "no title"),
        ({"plot": None}, "no plot"),
        ({"plot": "?!"}, "no plot"),
        ({"plot": "Too short here"}, "the plot has fewer than 4 words"),
        (
            {"title": "Date Night: World Premiere", "plot": "Date Night - world premiere!"},
            "only repeats the title",
        ),
        ({"plot": "Test movie for upload"}, "test text"),
        ({"plot": "Lorem ipsum dolor sit amet, consectetur"}, "test text"),
        ({"kind": "podcast"}, "kind 'podcast' is neither a film nor a series"),
        ({"kind": None}, "kind None is neither"),
        ({"release_year": ""}, "no release year"),
        ({"release_year": "3018"}, "release year '3018' is not a year from 1870 to 2026"),
        ({"release_year": "1869"}, "from 1870"),
        ({"release_year": "soon"}, "release year 'soon'"),
    ],
)
def test_an_unusable_row_is_quarantined_with_its_reason(
    settings: Settings, change: dict[str, Any], reason: str
) -> None:
    bad, good = titles(settings, change, {})
    assert reason in bad["fault"]
    assert (bad["row_ref"], bad["source"]) == ("a.csv:2", "amazon")
    assert bad["title_id"] is None
    assert good["fault"] is None


def test_a_quarantined_row_keeps_what_came_in(settings: Settings) -> None:
    unreadable, short = titles(settings, {"fault": "cut off", "raw": "a,b"}, {"plot": "Short"})
    assert unreadable["raw"] == "a,b"
    assert json.loads(short["raw"]) == TITLE | {"plot": "Short"}


@pytest.mark.parametrize(
    "plot",
    [
        "Test pilots race to the edge of space.",
        "東京で暮らす若い女性の物語。",
        "Not available to anyone, she runs.",
    ],
)
def test_a_plot_that_only_looks_unusable_stays(settings: Settings, plot: str) -> None:
    assert titles(settings, {"plot": plot})[0]["fault"] is None


def test_a_date_in_another_form_leaves_a_warning_and_the_row(settings: Settings) -> None:
    (row,) = titles(settings, {"added_on": "2021-03-30"})
    assert row["fault"] is None
    assert row["added_on"] is None
    assert row["warnings"] == ["added_on: date '2021-03-30' is not in the form '%d-%b-%y'"]


@pytest.mark.parametrize(
    ("kind", "expected"),
    [("TV Show", "show"), ("tv_series", "show"), ("FILM", "movie"), ("Mini-Series", "show")],
)
def test_kinds_are_understood_in_many_words(settings: Settings, kind: str, expected: str) -> None:
    assert titles(settings, {"kind": kind})[0]["kind"] == expected


def test_a_nested_list_of_genres_needs_no_splitting(settings: Settings) -> None:
    (row,) = titles(
        settings, {"vocabulary": "canonical", "genres": ["Drama", None, "Arts & Culture", "Drama"]}
    )
    assert row["genres"] == ["Arts & Culture", "Drama"]
    (none,) = titles(settings, {"genres": None})
    assert (none["genres"], none["source_genres"]) == ([], [])


def test_an_empty_batch_stays_empty(settings: Settings) -> None:
    assert titles(settings) == []
    assert reviews() == []


def test_a_raw_review_becomes_a_clean_one(settings: Settings) -> None:
    (row,) = reviews({})
    assert row["text"] == "Loved it! Write to [email]"
    assert (row["masked"], row["sentiment"], row["language"], row["fault"]) == (1, "positive", "en", None)
    assert row["rating"] == pytest.approx(7.3)
    (title,) = titles(settings, {"source": "sample"})
    assert row["title_id"] == title["title_id"]
    assert row["review_id"] == identity.review_id("sample", row["title_id"], row["text"])


def test_a_review_may_stand_without_a_title() -> None:
    (row,) = reviews({"title": None, "kind": None, "release_year": None, "rating": None, "sentiment": None})
    assert (row["title_id"], row["rating"], row["sentiment"], row["warnings"]) == (None, None, None, [])


@pytest.mark.parametrize(
    "change", [{"text": None}, {"text": "<p> ... </p>"}, {"fault": "not JSON", "raw": "{"}]
)
def test_a_review_without_words_is_quarantined(change: dict[str, Any]) -> None:
    (row,) = reviews(change)
    assert row["fault"]
    assert row["raw"]


def test_what_a_review_loses_is_said() -> None:
    (row,) = reviews({"rating": "11", "sentiment": "meh", "kind": "podcast"})
    assert (row["rating"], row["sentiment"], row["title_id"]) == (None, None, None)
    assert len(row["warnings"]) == 3


def test_ray_cleans_as_the_plain_function_does(ray_cluster: None, settings: Settings) -> None:
    import ray.data

    settings.ingest.batch_rows = 3
    raw = [
        TITLE | {"row_ref": f"a.csv:{n}", "title": f"Title {n}", "plot": TITLE["plot"] * n} for n in range(8)
    ]
    dataset = ray_clean_titles(ray.data.from_arrow(pa.Table.from_pylist(raw, schema=RAW_TITLES)), settings)
    rows = sorted(dataset.take_all(), key=lambda row: row["row_ref"])
    assert rows == titles(settings, *raw)
    table = pa.Table.from_pylist([REVIEW], schema=RAW_REVIEWS)
    assert ray_clean_reviews(ray.data.from_arrow(table), settings).take_all() == reviews({})


def test_the_real_catalogues_lose_only_test_rows(settings: Settings, real_data: Path) -> None:
    table = pyarrow.csv.read_csv(
        real_data / "amazon_prime_titles.csv",
        parse_options=pyarrow.csv.ParseOptions(newlines_in_values=True),
        convert_options=pyarrow.csv.ConvertOptions(
            column_types={"release_year": pa.string()}, strings_can_be_null=False
        ),
    )
    raw = [
        {
            "row_ref": str(number),
            "kind": row["type"],
            "title": row["title"],
            "release_year": row["release_year"],
            "added_on": row["date_added"],
            "countries": row["country"],
            "plot": row["description"],
            "genres": [row["genre"]],
        }
        for number, row in enumerate(table.to_pylist())
    ]
    rows = titles(settings, *raw)
    assert len(rows) == 9668
    assert Counter(row["fault"] is None for row in rows)[False] < 70
    assert not [label for row in rows for label in row["unmapped"] or ()]
    assert not [warning for row in rows for warning in row["warnings"] or ()]
    assert 500 < sum(bool(row["leaked"]) for row in rows) < 1200
    assert {row["language"] for row in rows} == {None, "en", "es"}
    shares = Counter(row["split"] for row in rows if row["split"])
    assert shares["train"] / sum(shares.values()) == pytest.approx(0.70, abs=0.02)
