"""The plots of the data card: which figures go into which drawing, and what the mouse reads on them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup

from trending.quality import plots
from trending.quality.card_facts import Facts, Group, Kinds
from trending.quality.page import number, percent

Row = tuple[str, Markup, list[str]]
"""Name, plot and figures of one line of a table of bars."""


@dataclass(frozen=True)
class Pair:
    """Two genres that meet: `share` of the titles of `first` are also `second`."""

    first: str
    second: str
    share: float
    titles: int


def years_plot(years: dict[int, Kinds]) -> Markup:
    """Titles by year of release, films and series stacked."""
    if not years:
        return Markup("")
    first, last = min(years), max(years)
    every = next(step for step in (1, 2, 5, 10, 20, 50) if (last - first) / step <= 8 or step == 50)
    empty = Kinds(0, 0)
    data = [
        plots.Column(
            values=(years.get(year, empty).movies, years.get(year, empty).shows),
            tip=f"{year}: {kinds_text(years.get(year, empty))}",
            tick=str(year) if year % every == 0 else "",
        )
        for year in range(first, last + 1)
    ]
    return plots.columns(data, label=f"Titles by year of release, {first} to {last}", height=260)


def lengths_plot(words: np.ndarray, *, what: str) -> Markup:
    """Histogram of lengths in words, with the median; the longest 1% share the last column."""
    if not len(words):
        return Markup("")
    ceiling = max(float(np.percentile(words, 99)), 5.0)
    step = next(s for s in (1, 2, 5, 10, 20, 25, 50, 100, 1000, 10**6) if ceiling / s <= 40)
    first = int(words.min() // step)
    bins = int(ceiling // step) + 1 - first
    counts = np.bincount(np.minimum(words // step - first, bins - 1), minlength=bins)
    labelled = max(round(bins / 6), 1)
    data = []
    for index, count in enumerate(counts.tolist()):
        low, high = (first + index) * step, (first + index + 1) * step - 1
        size = f"{low} or more" if index == bins - 1 else f"{low} to {high}" if high > low else f"{low}"
        tick = (
            f"{low}+"
            if index == bins - 1
            else str(low)
            if index % labelled == 0 and bins - index > max(labelled * 0.6, 1)
            else ""
        )
        data.append(plots.Column((count,), f"{size} words: {number(count)} {what}", tick))
    median = float(np.median(words))
    marker = (min(((median + 0.5) / step - first) / bins, 1.0), f"median {median:g} words")
    return plots.columns(data, label=f"Length of {what} in words", height=190, marker=marker)


def ratings_plot(ratings: Sequence[int]) -> Markup:
    """Reviews by rating, 1 to 10; nothing where none is rated."""
    if not any(ratings):
        return Markup("")
    data = [
        plots.Column((count,), f"rated {rating}: {number(count)} reviews", str(rating))
        for rating, count in enumerate(ratings, start=1)
    ]
    return plots.columns(data, label="Reviews by rating", height=190)


def genre_rows(facts: Facts) -> list[Row]:
    """One bar a genre."""
    widest = max((genre.titles.total for genre in facts.genres), default=0)
    return [
        (genre.name, _kinds_bar(genre.titles, widest), [percent(genre.share), number(genre.titles.total)])
        for genre in facts.genres
    ]


def platform_rows(groups: Sequence[Group]) -> list[Row]:
    """One bar a platform."""
    widest = max((group.titles.total for group in groups), default=0)
    return [(g.name, _kinds_bar(g.titles, widest), [number(g.titles.total)]) for g in groups]


def platform_length_rows(groups: Sequence[Group]) -> list[Row]:
    """The plot lengths of each platform: the middle 80% and the median."""
    longest = max((group.plot_words[2] for group in groups), default=0) * 1.05
    rows = []
    for group in groups:
        low, middle, high = group.plot_words
        label = f"{group.name}: median {middle:.0f} words, most between {low:.0f} and {high:.0f}"
        rows.append(
            (group.name, plots.span(low, middle, high, whole=longest, label=label), [f"{middle:.0f}"])
        )
    return rows


def count_rows(counts: Sequence[tuple[str, int]], *, whole: int | None = None) -> list[Row]:
    """Plain bars; `whole` is the full width where the count is a share of something."""
    widest = whole or max((count for _, count in counts), default=0)
    rows = []
    for name, count in counts:
        figures = [percent(count / whole), number(count)] if whole else [number(count)]
        rows.append(
            (
                name,
                plots.bar([count], whole=widest, label=f"{name}: {number(count)}", track=whole is not None),
                figures,
            )
        )
    return rows


def together_plot(facts: Facts) -> Markup:
    """Heat map of genres that share titles."""
    names = [genre.name for genre in facts.genres]
    return plots.heatmap(names, shares_of_row(facts.together).tolist(), label="Genres that share titles")


def strongest_pairs(facts: Facts, *, top: int = 5) -> list[Pair]:
    """Ordered pairs with the largest share, among genres with enough titles to tell."""
    shares = shares_of_row(facts.together)
    enough = max(5, round(0.002 * facts.kinds.total))
    pairs = [
        Pair(first.name, second.name, float(shares[i, j]), int(facts.together[i, j]))
        for i, first in enumerate(facts.genres)
        for j, second in enumerate(facts.genres)
        if i != j and facts.together[i, j] >= enough
    ]
    return sorted(pairs, key=lambda pair: (-pair.share, pair.first))[:top]


def shares_of_row(together: np.ndarray) -> np.ndarray:
    """`[genres, genres]`: share of the row's titles that are also the column's."""
    return together / np.maximum(np.diagonal(together)[:, None], 1)


def kinds_text(kinds: Kinds) -> str:
    """`3 films, 1 series`."""
    films = f"{number(kinds.movies)} film{'' if kinds.movies == 1 else 's'}"
    return f"{films}, {number(kinds.shows)} series"


def _kinds_bar(kinds: Kinds, widest: int) -> Markup:
    return plots.bar([kinds.movies, kinds.shows], whole=widest, label=kinds_text(kinds))
