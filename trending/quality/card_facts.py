"""The figures of a data card, counted from the tables of one snapshot."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from trending.quality.profiles import count_words
from trending.quality.words import Word, distinctive_words

SPLITS = ("train", "validation", "test")
MISSING_COLUMNS = ("release_year", "added_on", "countries", "genres", "language")
"""Columns of titles that may be empty, in the order of the card."""
WORDS_FROM = 40_000
"""At most so many plots, evenly spread over the table, are read for the words of each genre."""


@dataclass(frozen=True)
class Kinds:
    """A number of titles, told apart by kind."""

    movies: int
    shows: int

    @property
    def total(self) -> int:
        """Films and series together."""
        return self.movies + self.shows


@dataclass(frozen=True)
class Genre:
    """One genre; `share` is of all titles, `words` set its plots apart."""

    name: str
    titles: Kinds
    share: float
    words: list[Word]


@dataclass(frozen=True)
class Group:
    """A platform or country with its titles, and the plot length in words of the middle 80%."""

    name: str
    titles: Kinds
    plot_words: tuple[float, float, float]
    """10th percentile, median, 90th percentile."""


@dataclass(frozen=True)
class Split:
    """One split; `worst` is the genre whose share differs most from the whole, by `drift` (0 to 1)."""

    name: str
    titles: int
    share: float
    worst: str
    drift: float


@dataclass(frozen=True)
class Reviews:
    """The reviews of a snapshot."""

    count: int
    titles: int
    """Titles that have at least one."""
    words: np.ndarray
    """Length of each in words; empty where the texts were not read."""
    ratings: list[int]
    """Reviews rated 1 to 10, rounded to whole points."""
    sentiments: dict[str, int]
    masked: int | None
    """Reviews with an address, number or link masked; None where that was not read."""


@dataclass(frozen=True)
class Specimen:
    """A title to read."""

    title: str
    year: int | None
    kind: str
    platform: str
    plot: str
    genres: list[str]


@dataclass(frozen=True)
class Facts:
    """All figures of a card. Lists of groups run from many titles to few."""

    kinds: Kinds
    works: int
    """Different title keys: a work on two platforms counts once."""
    years: dict[int, Kinds]
    genres: list[Genre]
    no_genre: int
    genres_per_title: float
    together: np.ndarray
    """`[genres, genres]`: titles that have both; the diagonal counts the genre."""
    platforms: list[Group]
    countries: list[tuple[str, int]]
    languages: list[tuple[str, int]]
    plot_words: np.ndarray
    missing: list[tuple[str, int]]
    splits: list[Split]
    reviews: Reviews | None
    specimens: list[Specimen]


def count_facts(titles: pa.Table, reviews: pa.Table | None) -> Facts:
    """Count everything that the card tells."""
    shows = np.array([kind == "show" for kind in titles["kind"].to_pylist()], dtype=bool)
    words = _lengths(titles["plot"])
    labels: list[list[str]] = [list(row or ()) for row in titles["genres"].to_pylist()]
    names, matrix = _genre_matrix(labels)
    return Facts(
        kinds=_kinds(shows, np.ones(len(shows), dtype=bool)),
        works=len(titles["title_key"].unique()),
        years=_years(titles["release_year"], shows),
        genres=_genres(titles, labels, names, matrix, shows),
        no_genre=sum(not row for row in labels),
        genres_per_title=float(matrix.sum() / max(len(labels), 1)),
        together=matrix.T @ matrix,
        platforms=_platforms(titles["platform"], shows, words),
        countries=Counter(c for row in titles["countries"].to_pylist() for c in row or ()).most_common(),
        languages=Counter(filter(None, titles["language"].to_pylist())).most_common(),
        plot_words=words,
        missing=[(name, _empty(titles[name])) for name in MISSING_COLUMNS],
        splits=_splits(titles["split"], names, matrix),
        reviews=_reviews(reviews) if reviews is not None and reviews.num_rows else None,
        specimens=_specimens(titles, labels),
    )


def _kinds(shows: np.ndarray, chosen: np.ndarray) -> Kinds:
    series = int((shows & chosen).sum())
    return Kinds(movies=int(chosen.sum()) - series, shows=series)


def _genre_matrix(labels: Sequence[Sequence[str]]) -> tuple[list[str], np.ndarray]:
    """Names from the most common genre to the rarest, and `[titles, genres]` of 0 and 1."""
    counts = Counter(name for row in labels for name in set(row))
    names = sorted(counts, key=lambda name: (-counts[name], name))
    place = {name: index for index, name in enumerate(names)}
    matrix = np.zeros((len(labels), len(names)), dtype=np.int64)
    for row, found in enumerate(labels):
        matrix[row, [place[name] for name in found]] = 1
    return names, matrix


def _genres(
    titles: pa.Table, labels: list[list[str]], names: list[str], matrix: np.ndarray, shows: np.ndarray
) -> list[Genre]:
    step = -(-len(labels) // WORDS_FROM) or 1
    plots = titles["plot"].to_pylist()[::step]
    enough = 2 if len(plots) < 100 else 4 if len(plots) < 5000 else 8
    words = distinctive_words(plots, labels[::step], min_texts=enough)
    return [
        Genre(
            name=name,
            titles=_kinds(shows, matrix[:, index] > 0),
            share=float(matrix[:, index].mean()),
            words=words.get(name, []),
        )
        for index, name in enumerate(names)
    ]


def _years(column: pa.ChunkedArray, shows: np.ndarray) -> dict[int, Kinds]:
    years = np.array([year or 0 for year in column.to_pylist()], dtype=np.int64)
    return {int(year): _kinds(shows, years == year) for year in np.unique(years[years > 0])}


def _platforms(column: pa.ChunkedArray, shows: np.ndarray, words: np.ndarray) -> list[Group]:
    names = np.array(column.to_pylist(), dtype=object)
    groups = []
    for name in sorted(set(names)):
        chosen = names == name
        low, middle, high = np.percentile(words[chosen], [10, 50, 90])
        groups.append(Group(str(name), _kinds(shows, chosen), (float(low), float(middle), float(high))))
    return sorted(groups, key=lambda group: -group.titles.total)


def _empty(column: pa.ChunkedArray) -> int:
    """Rows where a column is null, or a list without members."""
    if pa.types.is_list(column.type) or pa.types.is_large_list(column.type):
        return sum(not row for row in column.to_pylist())
    return column.null_count


def _splits(column: pa.ChunkedArray, names: list[str], matrix: np.ndarray) -> list[Split]:
    of = np.array(column.to_pylist(), dtype=object)
    whole = matrix.mean(axis=0) if len(matrix) else np.zeros(len(names))
    splits = []
    for name in SPLITS:
        chosen = of == name
        titles = int(chosen.sum())
        drift = np.abs(matrix[chosen].mean(axis=0) - whole) if titles else np.zeros(len(names))
        worst = int(drift.argmax()) if len(drift) else 0
        share = titles / max(len(of), 1)
        splits.append(Split(name, titles, share, names[worst] if names else "", float(drift.max(initial=0))))
    return splits


def _reviews(reviews: pa.Table) -> Reviews:
    ratings = [0] * 10
    for rating in reviews["rating"].drop_null().to_pylist():
        ratings[min(max(round(rating), 1), 10) - 1] += 1
    return Reviews(
        count=reviews.num_rows,
        titles=len(reviews["title_id"].drop_null().unique()),
        words=_lengths(reviews["text"]) if "text" in reviews.column_names else np.zeros(0, dtype=np.int64),
        ratings=ratings,
        sentiments=dict(Counter(filter(None, reviews["sentiment"].to_pylist())).most_common()),
        masked=sum((count or 0) > 0 for count in reviews["masked"].to_pylist())
        if "masked" in reviews.column_names
        else None,
    )


def _lengths(texts: pa.ChunkedArray) -> np.ndarray:
    return count_words(texts).to_numpy().astype(np.int64)


def _specimens(titles: pa.Table, labels: list[list[str]], *, count: int = 6) -> list[Specimen]:
    """Titles of different genres with a plot of readable length; always the same ones of a table."""
    chosen: list[Specimen] = []
    used: set[str] = set()
    columns = ("title_id", "title", "release_year", "kind", "platform", "plot", "language")
    order = np.argsort(np.array(titles["title_id"].to_pylist(), dtype=object), kind="stable")
    values = {name: titles[name] for name in columns}
    for row in order.tolist():
        plot = values["plot"][row].as_py()
        fresh = labels[row] and used.isdisjoint(labels[row])
        if (
            not fresh
            or not 15 <= len(plot.split()) <= 75
            or values["language"][row].as_py() not in ("en", None)
        ):
            continue
        used.update(labels[row])
        text = {name: values[name][row].as_py() for name in ("title", "kind", "platform")}
        chosen.append(
            Specimen(**text, year=values["release_year"][row].as_py(), plot=plot, genres=labels[row])
        )
        if len(chosen) == count:
            break
    return chosen
