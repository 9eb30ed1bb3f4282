"""The promises of the shipped catalogue, checked on its files."""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import pytest

import trending.sources

FOLDER = Path(trending.sources.__file__).parent / "sample_catalogue"

GENRES = (
    *(
        "Action & Adventure",
        "Animation",
        "Arts & Culture",
        "Comedy",
        "Crime & Mystery",
        "Documentary",
        "Drama",
    ),
    *("Family", "Horror", "Music", "Reality", "Romance", "Science Fiction & Fantasy", "Sports", "Thriller"),
    "Western",
)

NAMES_A_GENRE = re.compile(
    r"\b(action[- ]?(film|movie|packed|adventure)?|adventures?|animat\w+|anime|cartoons?|comed\w+|comic"
    r"|sitcom|stand-?up|satir\w+|parod\w+|spoof|crime (drama|story|film|series|saga)|myster(y|ies)"
    r"|whodunn?it|noir|documentar\w+|docu-?series|docu-?drama|mockumentar\w+|dramas?|dramatic|dramed\w+"
    r"|famil(y|ies) film|horror|scary|slasher|musicals?|reality|unscripted|romance|romances|romantic|rom-?com"
    r"|sci-?fi|science fiction|fantas(y|ies)|biopic|thrillers?|suspense\w*|westerns?"
    r"|sports (film|drama|movie)|arts and culture|competition series|reality competition|genre)\b",
    re.IGNORECASE,
)

MESS = {
    "HTML": r"<\w+ ?/?>|&\w+;|&#\d+;",
    "e-mail": r"\S+@example\.(com|org)",
    "phone": r"\b555-01\d\d\b",
    "URL": r"https?://|www\.",
    "shouting": r"\b[A-Z]{4,}(?: [A-Z]{2,}){2,}",
    "exclamation": r"!{3,}",
    "mojibake": r"â€|Ã.",
}


@pytest.fixture(scope="module")
def titles() -> list[dict[str, Any]]:
    files = sorted(FOLDER.glob("*.jsonl"))
    return [json.loads(line) for file in files for line in file.read_text(encoding="utf-8").splitlines()]


def test_there_are_enough_titles_series_platforms_and_decades(titles: list[dict[str, Any]]) -> None:
    assert len(titles) >= 420
    assert sum(title["kind"] == "show" for title in titles) >= 150
    assert {title["kind"] for title in titles} == {"movie", "show"}
    assert len({title["platform"] for title in titles}) >= 6
    assert {title["year"] // 10 * 10 for title in titles} >= set(range(1930, 2030, 10))


def test_every_canonical_genre_has_titles_enough_to_learn_from(titles: list[dict[str, Any]]) -> None:
    counts = Counter(genre for title in titles for genre in title["genres"])
    assert set(counts) == set(GENRES)
    assert {genre: count for genre, count in counts.items() if count < 25} == {}
    assert all(len(set(title["genres"])) == len(title["genres"]) >= 1 for title in titles)


def test_no_work_is_there_twice(titles: list[dict[str, Any]]) -> None:
    keys = Counter((re.sub(r"\W", "", title["title"].lower()), title["year"]) for title in titles)
    assert [key for key, count in keys.items() if count > 1] == []


def test_plots_have_thirty_to_seventy_words(titles: list[dict[str, Any]]) -> None:
    lengths = {title["title"]: len(title["plot"].split()) for title in titles}
    assert {title: words for title, words in lengths.items() if not 30 <= words <= 70} == {}
    assert len(set(lengths.values())) >= 30


def test_no_plot_names_a_genre(titles: list[dict[str, Any]]) -> None:
    named = {title["title"]: found[0] for title in titles if (found := NAMES_A_GENRE.search(title["plot"]))}
    assert named == {}


def test_no_two_plots_share_six_words_in_a_row(titles: list[dict[str, Any]]) -> None:
    runs: dict[tuple[str, ...], set[int]] = defaultdict(set)
    for number, title in enumerate(titles):
        words = re.findall(r"\w+", title["plot"].lower())
        for start in range(len(words) - 5):
            runs[tuple(words[start : start + 6])].add(number)
    assert [" ".join(run) for run, where in runs.items() if len(where) > 1] == []


def test_plots_do_not_open_alike(titles: list[dict[str, Any]]) -> None:
    openings = Counter(" ".join(title["plot"].lower().split()[:3]) for title in titles)
    assert {opening: count for opening, count in openings.items() if count > 3} == {}


def test_half_of_the_titles_have_two_reviews_or_more(titles: list[dict[str, Any]]) -> None:
    counts = [len(title["reviews"]) for title in titles]
    assert sum(count >= 2 for count in counts) >= len(titles) / 2


def test_reviews_are_of_every_mood(titles: list[dict[str, Any]]) -> None:
    ratings = [review["rating"] for title in titles for review in title["reviews"] if "rating" in review]
    assert set(ratings) == set(range(1, 11))
    shares = [
        sum(low <= rating <= high for rating in ratings) / len(ratings)
        for low, high in ((1, 4), (5, 6), (7, 10))
    ]
    assert min(shares) >= 0.1


def test_reviews_are_not_written_twice(titles: list[dict[str, Any]]) -> None:
    texts = Counter(review["text"].casefold() for title in titles for review in title["reviews"])
    assert [text for text, count in texts.items() if count > 1] == []


@pytest.mark.parametrize("kind", MESS)
def test_some_reviews_have_the_mess_of_real_ones(titles: list[dict[str, Any]], kind: str) -> None:
    reviews = [review["text"] for title in titles for review in title["reviews"]]
    assert sum(bool(re.search(MESS[kind], text)) for text in reviews) >= 5
