"""Slices: where a model is worse than elsewhere, and whether that could be chance."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt
import pyarrow.compute as pc

from trending.catalog.tables import Tables
from trending.errors import SliceError
from trending.evaluation.bootstrap import Interval, Predictions
from trending.evaluation.record import SliceRow
from trending.evaluation.resampling import (
    genre_counts,
    holm,
    interval,
    macro_f1,
    micro_f1,
    p_value,
    resampled,
)
from trending.evaluation.slice_expressions import matching_rows
from trending.models.base import Labels
from trending.settings import Settings

if TYPE_CHECKING:
    import pandas as pd

    from trending.features.documents import DocumentSet

ATTRIBUTES = (
    "kind",
    "platform",
    "source",
    "decade",
    "plot_length",
    "language",
    "country",
    "reviewed",
    "genre_count",
)
"""Columns of the facts whose every value is a slice. The others are there for expressions."""
OTHERS = 10
"""Titles that a slice must leave, to be compared with."""
MANY_GENRES = 3
"""From so many genres on, titles share a slice."""
PLOT_BANDS = ((20, "under 20 words"), (30, "20 to 29 words"), (60, "30 to 59 words"))
LONGEST_BAND = "60 words or more"
EXPRESSION = "expression"


@dataclass(frozen=True)
class Slice:
    """Some of the titles of an evaluation."""

    attribute: str
    """A column of the facts, or `expression`."""
    value: str
    rows: npt.NDArray[np.intp]
    """Positions of its titles, rising."""

    @property
    def name(self) -> str:
        """`platform=netflix`."""
        return f"{self.attribute}={self.value}"


@dataclass(frozen=True)
class SliceDifference:
    """Two models on the titles of one slice."""

    slice: str
    """Name of the slice."""
    titles: int
    difference: float
    """Score of the first model minus that of the second."""
    ci95: Interval
    """Paired: both are scored on the same resamples of the titles."""
    p_value: float
    """Two-sided, Holm-corrected over all slices that were compared."""


def title_facts(settings: Settings, titles: DocumentSet) -> pd.DataFrame:
    """What the catalogue says of each title, row i of title i: the columns of `ATTRIBUTES`, and `release_year` and
    `plot_words` for expressions.

    `decade` (1990) and `release_year` are whole numbers or unknown, `reviewed` is true or false, `genre_count` and
    `plot_words` are numbers; `country` is the first that the catalogue names. Raises `SnapshotError` where the titles'
    snapshot is gone.
    """
    import pandas as pd

    tables = Tables(settings)
    columns = ["title_id", "kind", "platform", "source", "release_year", "plot", "language", "countries"]
    rows = tables.read_arrow("titles", titles.snapshot_id, columns=columns).to_pylist()
    by_id = {row["title_id"]: row for row in rows}
    found = [by_id[title_id] for title_id in titles.title_ids]
    reviews = tables.read_arrow("reviews", titles.snapshot_id, columns=["title_id"])["title_id"]
    reviewed = set(pc.unique(pc.drop_null(reviews)).to_pylist())  # pyright: ignore[reportAttributeAccessIssue]
    years = pd.Series([row["release_year"] for row in found], dtype="Int64")
    words = [len(row["plot"].split()) for row in found]
    return pd.DataFrame(
        {
            "kind": [row["kind"] for row in found],
            "platform": [row["platform"] for row in found],
            "source": [row["source"] for row in found],
            "decade": years // 10 * 10,
            "plot_length": [_band(count) for count in words],
            "language": [row["language"] for row in found],
            "country": [(row["countries"] or [None])[0] for row in found],
            "reviewed": [title_id in reviewed for title_id in titles.title_ids],
            "genre_count": titles.labels.sum(axis=1),
            "release_year": years,
            "plot_words": words,
        }
    )


def make_slices(facts: pd.DataFrame, *, least: int, expressions: Sequence[str] = ()) -> list[Slice]:
    """Every value of every attribute that `least` titles have, and the titles of each expression.

    A value that all titles have but fewer than `OTHERS` makes no slice, as there is nothing to compare it with; one
    with the titles of another before it (a source of one platform) no second one. Raises `SliceError` for an expression
    that cannot be read, or that holds for too few titles or for too many.
    """
    others = min(least, OTHERS)
    found: dict[bytes, Slice] = {}
    for attribute in ATTRIBUTES:
        for value, rows in _values(attribute, facts.loc[:, attribute]):
            if least <= len(rows) <= len(facts) - others:
                found.setdefault(rows.tobytes(), Slice(attribute, value, rows))
    return [*found.values(), *(_by_expression(facts, expression, least) for expression in expressions)]


def slice_rows(
    slices: Sequence[Slice], truth: Labels, answer: Predictions, *, samples: int, seed: int
) -> list[SliceRow]:
    """The scores of a model on each slice, worst micro-F1 first; `truth` is `[n, genres]`.

    The p-values say whether a slice differs from the other titles by more than chance, corrected for there being so
    many slices.
    """
    counts = genre_counts(truth, answer.chosen)
    per_title = counts.sum(axis=2)
    groups = [*(one.rows for one in slices), np.arange(len(truth))]
    sums = resampled(per_title, groups, samples=samples, seed=seed)
    inside, everywhere = sums[:, :-1], sums[:, -1:]
    drawn, others = micro_f1(inside[..., None]), micro_f1((everywhere - inside)[..., None])
    rows = [counts[one.rows].sum(axis=0) for one in slices]
    scores = [micro_f1(row) for row in rows]
    differences = [
        float(score - micro_f1(counts.sum(axis=0) - row)) for score, row in zip(scores, rows, strict=True)
    ]
    p_values = holm(np.array([p_value(d, drawn[:, i] - others[:, i]) for i, d in enumerate(differences)]))
    found = [
        SliceRow(
            attribute=one.attribute,
            value=one.value,
            titles=len(one.rows),
            micro_f1=float(scores[i]),
            macro_f1=float(macro_f1(rows[i])),
            micro_f1_ci95=interval(drawn[:, i]),
            difference=differences[i],
            p_value=float(p_values[i]),
        )
        for i, one in enumerate(slices)
    ]
    return sorted(found, key=lambda row: (row.micro_f1, row.name))


def slice_differences(
    slices: Sequence[Slice],
    truth: Labels,
    a: Predictions,
    b: Predictions,
    *,
    samples: int,
    seed: int,
    scope: Literal["micro_f1", "macro_f1"] = "micro_f1",
) -> list[SliceDifference]:
    """Model `a` minus model `b` on each slice, paired title by title, the worst for `a` first.

    `scope` is the score: micro-F1, or macro-F1 over the genres that occur.
    """
    score = micro_f1 if scope == "micro_f1" else macro_f1
    both = np.stack([genre_counts(truth, one.chosen) for one in (a, b)], axis=1)
    kept = both.sum(axis=-1, keepdims=True) if scope == "micro_f1" else both
    groups = [one.rows for one in slices]
    sums = resampled(kept.reshape(len(truth), -1), groups, samples=samples, seed=seed)
    drawn = score(sums.reshape(*sums.shape[:2], *kept.shape[1:]))
    draws = drawn[..., 0] - drawn[..., 1]
    pairs = [score(kept[rows].sum(axis=0)) for rows in groups]
    points = [float(pair[0] - pair[1]) for pair in pairs]
    p_values = holm(np.array([p_value(point, draws[:, i]) for i, point in enumerate(points)]))
    found = [
        SliceDifference(one.name, len(one.rows), points[i], interval(draws[:, i]), float(p_values[i]))
        for i, one in enumerate(slices)
    ]
    return sorted(found, key=lambda row: (row.difference, row.slice))


def _values(attribute: str, column: pd.Series) -> Iterable[tuple[str, npt.NDArray[np.intp]]]:
    """Each known value of a column as a word, and the rows that have it."""
    named = column.reset_index(drop=True).dropna().map(lambda value: _named(attribute, value))
    return [(str(value), np.asarray(rows.index, np.intp)) for value, rows in named.groupby(named)]


def _named(attribute: str, value: object) -> str:
    if attribute == "decade":
        return f"{value}s"
    if attribute == "reviewed":
        return "yes" if value else "no"
    if attribute == "genre_count" and int(str(value)) >= MANY_GENRES:
        return f"{MANY_GENRES} or more"
    return str(value)


def _by_expression(facts: pd.DataFrame, expression: str, least: int) -> Slice:
    rows = matching_rows(facts, expression)
    others = min(least, OTHERS)
    if len(rows) > len(facts) - others:
        raise SliceError(
            f"The slice {expression!r} holds for {len(rows):,} of {len(facts):,} titles: fewer than {others} are left "
            "to compare it with. Ask for fewer."
        )
    if len(rows) < least:
        raise SliceError(
            f"The slice {expression!r} holds for {len(rows):,} of {len(facts):,} titles, fewer than {least}: a score "
            "of so few says little. Ask for more, or lower `evaluation.least_titles`."
        )
    return Slice(EXPRESSION, expression, rows)


def _band(words: int) -> str:
    return next((name for limit, name in PLOT_BANDS if words < limit), LONGEST_BAND)
