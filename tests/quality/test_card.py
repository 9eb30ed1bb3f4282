from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from trending.catalog.schema import REVIEWS, TITLES
from trending.quality.card import CardPaths, write_card
from trending.quality.card_facts import count_facts
from trending.quality.checks import CheckReport, load_checks, run_checks
from trending.quality.profiles import TITLE_COLUMNS, profile_table

SUMMARY = {
    "sources": ["sample", "mine"],
    "rows_in": 66,
    "accepted": 60,
    "merged": 4,
    "quarantined": 2,
    "changed": 60,
    "leaked_plots": 3,
    "keyword_f1": 0.25,
    "keyword_f1_masked": 0.125,
    "unmapped_labels": {"Telenovela | soap": 5, "Wuxia": 9},
    "quarantine_reasons": {"plot too short": 2},
}
MakeTitles = Callable[..., pa.Table]


class Reader(HTMLParser):
    """The text of a page, and its tags that stay open or close twice."""

    VOID = frozenset({"meta", "br", "rect", "line", "circle"})

    def __init__(self, page: str) -> None:
        super().__init__()
        self.text, self.open, self.ids = "", list[str](), set[str]()
        self.links, self.tags = set[str](), set[str]()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self.tags.add(tag)
        self.ids.add(values.get("id") or "")
        self.links.add(values.get("href") or "")
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def write(titles: pa.Table, reviews: pa.Table | None, folder: Path, **more: Any) -> CardPaths:
    defaults: dict[str, Any] = {
        "snapshot_id": 5847123984712398471,
        "summary": SUMMARY,
        "checks": checks_of(titles),
    }
    return write_card(titles, reviews, folder=folder, **(defaults | more))


def checks_of(titles: pa.Table) -> CheckReport:
    profile = profile_table(titles.select(TITLE_COLUMNS))
    return run_checks(load_checks(), profile, schema=titles.schema, today=date(2026, 3, 1))


def plain(page: str) -> str:
    """The text of a page with single spaces, style sheet left out."""
    return " ".join(Reader(re.sub(r"<style>.*?</style>", "", page, flags=re.DOTALL)).text.split())


def test_the_card_tells_its_snapshot_and_accounts_for_every_row(
    titles: pa.Table, reviews: pa.Table, tmp_path: Path
) -> None:
    paths = write(titles, reviews, tmp_path / "deep" / "folder")
    page, text = plain(paths.html.read_text()), paths.markdown.read_text()
    for told in (page, text):
        assert "60 films and series" in told
        assert "5847123984712398471" in told
        assert "45 films, 15 series: on 2 platforms, released from 1990 to 2019." in told
        assert "0.250" in told
        assert "0.125" in told
    assert "66 rows in = 60 accepted + 4 merged as duplicates + 2 in quarantine" in text
    assert "66 rows of titles came in; 60 rows of the table changed" in page


def test_the_page_is_whole_and_needs_nothing_else(
    titles: pa.Table, reviews: pa.Table, tmp_path: Path
) -> None:
    page = write(titles, reviews, tmp_path).html.read_text()
    reader = Reader(page)
    assert reader.open == []
    assert {link[1:] for link in reader.links if link} <= reader.ids
    assert not reader.tags & {"script", "link", "img", "iframe"}
    assert "https://" not in page
    assert page.count("http://") == page.count('xmlns="http://www.w3.org/2000/svg"')


def test_every_part_of_the_card_has_its_plot(titles: pa.Table, reviews: pa.Table, tmp_path: Path) -> None:
    page = write(titles, reviews, tmp_path).html.read_text()
    for label in (
        "Titles by year of release, 1990 to 2019",
        "Genres that share titles",
        "Length of plots in words",
        "Length of reviews in words",
        "Reviews by rating",
        "Titles by split",
        "What became of the rows",
    ):
        assert f'aria-label="{label}"' in page


def test_the_same_data_makes_the_same_card(titles: pa.Table, reviews: pa.Table, tmp_path: Path) -> None:
    first, second = (write(titles, reviews, tmp_path / name) for name in "ab")
    assert first.html.read_bytes() == second.html.read_bytes()
    assert first.markdown.read_bytes() == second.markdown.read_bytes()


def test_text_from_the_data_cannot_become_markup(make_titles: MakeTitles, tmp_path: Path) -> None:
    evil = '<img src=x onerror="alert(1)"> | [a](b)'
    table = make_titles(20, title=evil, platform=evil, genres=[evil], countries=[evil])
    paths = write(table, None, tmp_path, summary=SUMMARY | {"unmapped_labels": {evil: 1}})
    assert "<img" not in paths.html.read_text()
    assert "img" not in Reader(paths.html.read_text()).tags
    assert "<img" not in paths.markdown.read_text()
    assert r"\| \[a\]" in paths.markdown.read_text()


def test_warnings_come_before_what_passed(titles: pa.Table, tmp_path: Path) -> None:
    page = plain(write(titles, None, tmp_path).html.read_text())
    assert page.index("! warning") < page.index("✓ passed")


def test_an_empty_table_still_has_a_card(tmp_path: Path) -> None:
    paths = write(TITLES.empty_table(), REVIEWS.empty_table(), tmp_path, checks=None, summary={})
    assert "0 films" in plain(paths.html.read_text())
    assert "# 0 films" in paths.markdown.read_text()


def test_films_alone_are_called_films(make_titles: MakeTitles, tmp_path: Path) -> None:
    assert "# 1 film\n" in write(make_titles(1, kind="movie"), None, tmp_path).markdown.read_text()
    assert "# 3 series\n" in write(make_titles(3, kind="show"), None, tmp_path).markdown.read_text()


def test_a_sample_says_that_it_is_one(titles: pa.Table, tmp_path: Path) -> None:
    text = write(titles, None, tmp_path, titles_in_table=1_000_000).markdown.read_text()
    assert "# 1,000,000 films and series" in text
    assert "Told from an even sample of 60 titles." in text


def test_a_sample_of_reviews_says_that_it_is_one(titles: pa.Table, reviews: pa.Table, tmp_path: Path) -> None:
    paths = write(titles, reviews, tmp_path, reviews_in_table=5000)
    assert "| reviews | 5,000 |" in paths.markdown.read_text()
    assert "An even sample of 40 reviews" in plain(paths.html.read_text())


def test_reviews_may_come_without_their_texts(titles: pa.Table, reviews: pa.Table, tmp_path: Path) -> None:
    light = reviews.select(["review_id", "title_id", "rating", "sentiment"])
    page = write(titles, light, tmp_path).html.read_text()
    assert "40 reviews of 20 titles." in plain(page)
    assert "Length of reviews" not in page
    assert "were masked" not in page


def test_a_long_list_of_labels_is_cut_and_says_so(titles: pa.Table, tmp_path: Path) -> None:
    labels = {f"label {n}": n + 1 for n in range(15)}
    page = plain(
        write(titles, None, tmp_path, summary=SUMMARY | {"unmapped_labels": labels}).html.read_text()
    )
    assert "label 14" in page
    assert "and 3 more" in page


def test_facts_are_counted_from_the_tables(titles: pa.Table, reviews: pa.Table) -> None:
    facts = count_facts(titles, reviews)
    names = [genre.name for genre in facts.genres]
    assert names == ["Drama", "Comedy", "Horror", "Western"]
    assert facts.genres[0].titles.total == 30
    assert facts.genres_per_title == 1.5
    together = dict(zip(names, facts.together[names.index("Drama")].tolist(), strict=True))
    assert together == {"Drama": 30, "Comedy": 10, "Horror": 10, "Western": 10}
    assert dict(facts.missing) == {
        "release_year": 0,
        "added_on": 30,
        "countries": 50,
        "genres": 0,
        "language": 0,
    }
    assert [(split.name, split.titles) for split in facts.splits] == [
        ("train", 36),
        ("validation", 12),
        ("test", 12),
    ]
    assert facts.countries == [("Japan", 10), ("France", 10)]
    assert facts.reviews is not None
    assert (facts.reviews.count, facts.reviews.titles, facts.reviews.masked) == (40, 20, 4)
    assert sum(facts.reviews.ratings) == 26
    western = next(genre for genre in facts.genres if genre.name == "Western")
    assert "sheriff" in [word.text for word in western.words]


def test_a_drift_of_genre_shares_between_splits_is_told(make_titles: MakeTitles) -> None:
    skewed = pa.concat_tables(
        [make_titles(10, genres=["Drama"], split="train"), make_titles(10, genres=["Comedy"], split="test")]
    )
    test = next(split for split in count_facts(skewed, None).splits if split.name == "test")
    assert test.drift == pytest.approx(0.5)


def test_titles_to_read_are_of_different_genres_and_always_the_same(make_titles: MakeTitles) -> None:
    table = make_titles(60)
    chosen = count_facts(table, None).specimens
    seen = [genre for specimen in chosen for genre in specimen.genres]
    assert len(seen) == len(set(seen))
    assert chosen == count_facts(table.take(list(reversed(range(60)))), None).specimens


def test_titles_without_a_genre_are_counted_apart(make_titles: MakeTitles) -> None:
    facts = count_facts(make_titles(4, genres=None), None)
    assert (facts.no_genre, facts.genres) == (4, [])
