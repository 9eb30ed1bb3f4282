"""The plots of the model card: which figures go into which drawing, and what the mouse reads on them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from markupsafe import Markup

from trending.evaluation.card.findings import is_worse, p_text, pass_interval, share_interval, slice_text
from trending.evaluation.record import Confusion, EvaluationRecord, GenreRow, ReliabilityBin, SliceRow
from trending.quality import plots
from trending.quality.card_plots import Row
from trending.quality.page import number, percent

ALL = "all"
SLICES_SHOWN = 15
TAKEN_FOR = "{share} of {row} lacked it and were given {column} wrongly"


def drawings(record: EvaluationRecord) -> dict[str, Any]:
    """All drawings of the page, by name; empty where there is nothing to draw."""
    scale = slice_scale(record.slices)
    slices = [_slice(row, record.scores.get("micro_f1", math.nan), scale) for row in record.slices]
    return {
        "genres": [_genre(row) for row in sorted(record.genres, key=lambda row: -row.f1)],
        "reliability": reliability_plot(record.reliability.get(ALL, []), "all genres", large=True),
        "each_reliability": _each_reliability(record),
        "slices": slices[:SLICES_SHOWN],
        "more_slices": slices[SLICES_SHOWN:],
        "slice_scale": "{:g} to {:g}".format(*scale),
        "confusions": confusion_plot(record.genres, record.confusions),
        "robustness": {kind: _changes(record, kind) for kind in ("invariance", "direction", "injection")},
        "explanations": _deletions(record.explanations),
    }


def reliability_plot(bins: Sequence[ReliabilityBin], name: str, *, large: bool = False) -> Markup:
    """The reliability diagram of a genre; nothing without a title."""
    most = max((one.titles for one in bins), default=0)
    if not most:
        return Markup("")
    return plots.against_diagonal(
        [_point(one, most) for one in bins],
        label=f"Reliability of {name}",
        side=340 if large else 130,
        axes=("Probability given", "Share that was true") if large else None,
    )


def confusion_plot(genres: Sequence[GenreRow], confusions: Sequence[Confusion]) -> Markup:
    """Heat map of which genre is given where which was missed; nothing without a confusion."""
    names = [row.genre for row in genres]
    place = {name: index for index, name in enumerate(names)}
    shares = np.zeros((len(names), len(names)))
    for pair in confusions:
        if pair.true in place and pair.given in place:
            shares[place[pair.true], place[pair.given]] = pair.share
    if not shares.any():
        return Markup("")
    return plots.heatmap(names, shares.tolist(), label="Genres taken for each other", tip=TAKEN_FOR)


def slice_scale(rows: Sequence[SliceRow]) -> tuple[float, float]:
    """The tenths between which all intervals of the slices lie; 0 to 1 without a slice."""
    ends = [end for row in rows for end in row.micro_f1_ci95 if math.isfinite(end)]
    if not ends:
        return 0.0, 1.0
    return math.floor(10 * min(ends)) / 10, min(math.ceil(10 * max(ends)) / 10, 1.0)


def figure(value: float, digits: int = 3) -> str:
    """A score; a dash where it is not defined."""
    return f"{value:.{digits}f}" if math.isfinite(value) else "–"


def _genre(row: GenreRow) -> Row:
    low, high = row.f1_ci95
    label = f"{row.genre}: F1 {figure(row.f1)}, 95% interval {figure(low)} to {figure(high)}"
    drawing = plots.bar([row.f1], whole=1, label=label, track=True, interval=_finite(row.f1_ci95))
    return row.genre, drawing, [figure(row.f1), number(row.support)]


def _slice(row: SliceRow, overall: float, scale: tuple[float, float]) -> Row:
    low, high = row.micro_f1_ci95
    label = f"{row.name}: micro-F1 {figure(row.micro_f1)}, 95% interval {figure(low)} to {figure(high)}"
    drawing = plots.span(
        low,
        row.micro_f1,
        high,
        begin=scale[0],
        whole=scale[1],
        label=label,
        reference=overall if math.isfinite(overall) else None,
    )
    worse = "▼ " if is_worse(row) else ""
    figures = [
        f"{worse}{figure(row.micro_f1)}",
        number(row.titles),
        f"{row.difference:+.3f}",
        p_text(row.p_value),
    ]
    return slice_text(row), drawing, figures


def _each_reliability(record: EvaluationRecord) -> list[tuple[str, Markup, str]]:
    """Genre, diagram and its calibration error, in the order of the genres."""
    found = []
    for row in record.genres:
        drawing = reliability_plot(record.reliability.get(row.genre, []), row.genre)
        if drawing:
            found.append((row.genre, drawing, figure(row.calibration_error)))
    return found


def _point(one: ReliabilityBin, most: int) -> plots.Point:
    low, high = share_interval(round(one.true * one.titles), one.titles)
    tip = (
        f"given {percent(one.given)}, true {percent(one.true)} of {number(one.titles)}"
        f" (95% interval {percent(low)} to {percent(high)})"
    )
    return plots.Point(one.given, one.true, low, high, weight=one.titles / most, tip=tip)


def _changes(record: EvaluationRecord, kind: str) -> list[Row]:
    """Changes of one kind that were tried, the one that was borne least first."""
    rows = [row for row in record.robustness if row.kind == kind and row.cases]
    return [
        (
            row.name.replace("_", " "),
            plots.bar(
                [row.pass_rate],
                whole=1,
                label=f"{row.name}: passed {row.passed} of {row.cases}",
                track=True,
                interval=pass_interval(row),
            ),
            [percent(row.pass_rate), f"{number(row.passed)} of {number(row.cases)}"],
        )
        for row in sorted(rows, key=lambda row: row.pass_rate)
    ]


def _deletions(explanations: Mapping[str, Any] | None) -> list[Row]:
    """How far the probability falls without the words that count most, and without random ones."""
    if not explanations or not explanations.get("cases"):
        return []
    falls = [("without the top words", "drop_top"), ("without random words", "drop_random")]
    values = [float(explanations[key]) for _, key in falls]
    if not all(map(math.isfinite, values)):
        return []
    widest = max(*values, 1e-9)
    return [
        (name, plots.bar([max(value, 0)], whole=widest, label=f"{name}: {value:+.3f}"), [f"{value:.3f}"])
        for (name, _), value in zip(falls, values, strict=True)
    ]


def _finite(interval: tuple[float, float]) -> tuple[float, float] | None:
    return interval if all(map(math.isfinite, interval)) else None
