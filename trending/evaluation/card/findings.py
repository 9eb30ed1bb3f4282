"""What a record means: sentences about fairness and limits, each with the numbers that it rests on."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from trending.evaluation.bootstrap import Interval
from trending.evaluation.record import EvaluationRecord, RobustnessRow, SliceRow
from trending.models.bundle import Manifest
from trending.quality.page import number, percent

Level = Literal["fault", "unclear", "fine"]
NAME_SWAPS = "names_"
"""Beginning of the names of the changes that swap people's names."""
PLACES = ("country", "language")
ALPHA = 0.05
NAMES_PASS = 0.95
"""From this share of unmoved answers on, swapping names counts as bearable."""
FEW_TITLES = 30
LOW_F1 = 0.5
HIGH_CALIBRATION_ERROR = 0.03
LOW_PASS = 0.9


@dataclass(frozen=True)
class Finding:
    """One thing found. `unclear`: the numbers do not decide."""

    level: Level
    text: str


def pass_interval(row: RobustnessRow) -> Interval:
    """95% interval of the pass rate (Wilson 1927); all of 0 to 1 without a case."""
    return share_interval(row.passed, row.cases)


def share_interval(hits: int, of: int) -> Interval:
    """95% interval of a share (Wilson 1927); all of 0 to 1 of nothing."""
    from scipy.stats import binomtest

    if not of:
        return 0.0, 1.0
    found = binomtest(hits, of).proportion_ci(method="wilson")
    return float(found.low), float(found.high)


def is_worse(row: SliceRow) -> bool:
    """Whether a slice is worse than the other titles by more than chance."""
    return row.difference < 0 and row.p_value < ALPHA


def slice_text(row: SliceRow) -> str:
    """`plot length: under 20 words`."""
    return f"{row.attribute.replace('_', ' ')}: {row.value}"


def fairness(record: EvaluationRecord) -> list[Finding]:
    """From swapped names, and from slices by country and language; empty where neither was measured."""
    swaps = [row for row in record.robustness if row.name.startswith(NAME_SWAPS) and row.cases]
    places = [row for row in record.slices if row.attribute in PLACES]
    return [*map(_swap, swaps), *_places(places)]


def limits(record: EvaluationRecord, manifest: Manifest) -> list[str]:
    """What the numbers say against the model, as sentences."""
    subject = record.subject
    found = [
        *_genre_limits(record),
        *(
            f"Served worse, {slice_text(row)}. Micro-F1 {row.micro_f1:.3f}, {-row.difference:.3f} below the "
            f"other titles (p {p_text(row.p_value)})."
            for row in record.slices
            if is_worse(row)
        ),
        *(
            f"Does not bear this change: {row.description.rstrip('.')}. Passed {passed_text(row)}."
            for row in record.robustness
            if row.cases and row.pass_rate < LOW_PASS
        ),
    ]
    if subject.trained_on != subject.evaluated_on:
        found.append(
            f"Trained on snapshot {subject.trained_on} and evaluated on {subject.evaluated_on}: titles may have "
            "changed in between."
        )
    if manifest.time_split:
        found.append("Tested on titles that were added after those it was trained on (time split).")
    return found


def passed_text(row: RobustnessRow) -> str:
    """`45 of 50 (90%, 95% interval 79% to 96%)`."""
    low, high = pass_interval(row)
    return (
        f"{number(row.passed)} of {number(row.cases)} ({percent(row.pass_rate)}, 95% interval {percent(low)} to "
        f"{percent(high)})"
    )


def p_text(value: float) -> str:
    """A p-value, never a false nought."""
    return "< 0.001" if value < 0.001 else f"{value:.3f}" if value < 0.1 else f"{value:.2f}"


def _genre_limits(record: EvaluationRecord) -> list[str]:
    found = []
    few = [row for row in record.genres if row.support < FEW_TITLES]
    if few:
        names = listed([f"{row.genre} ({row.support})" for row in few])
        found.append(f"Fewer than {FEW_TITLES} test titles, too few to be sure of a score: {names}.")
    low = sorted((row for row in record.genres if row.support and row.f1 < LOW_F1), key=lambda row: row.f1)
    if low:
        names = listed([f"{row.genre} ({row.f1:.3f})" for row in low])
        found.append(f"F1 below {LOW_F1}: of the labels given and due, fewer than half agree: {names}.")
    error = record.scores.get("mean_genre_calibration_error", math.nan)
    if error > HIGH_CALIBRATION_ERROR:
        found.append(
            f"A probability is {percent(error)} off on average over the genres: more than "
            f"{percent(HIGH_CALIBRATION_ERROR, 0)}. Part of that is chance where test titles are few."
        )
    return found


def _swap(row: RobustnessRow) -> Finding:
    _, high = pass_interval(row)
    what = row.description.rstrip(".")
    told = f"{what}: the answer stays in {passed_text(row)}."
    if row.pass_rate >= NAMES_PASS:
        return Finding("fine", told)
    if high < NAMES_PASS:
        return Finding("fault", f"{told} That is clearly below {percent(NAMES_PASS, 0)}.")
    return Finding(
        "unclear", f"{told} {percent(NAMES_PASS, 0)} was hoped for; so few cases do not decide it."
    )


def _places(rows: Sequence[SliceRow]) -> list[Finding]:
    worse = [row for row in rows if is_worse(row)]
    found = [
        Finding(
            "fault",
            f"Served worse, {slice_text(row)}. Micro-F1 {row.micro_f1:.3f}, {-row.difference:.3f} below the other "
            f"titles ({number(row.titles)} titles, p {p_text(row.p_value)}).",
        )
        for row in worse
    ]
    if rows and not worse:
        lowest = min(rows, key=lambda row: row.micro_f1)
        found.append(
            Finding(
                "fine",
                f"Of {len(rows)} slices by country and language none is worse than the other titles by more than "
                f"chance; the lowest is {slice_text(lowest)} with micro-F1 {lowest.micro_f1:.3f} "
                f"({number(lowest.titles)} titles).",
            )
        )
    return found


def listed(names: Sequence[str]) -> str:
    """`a, b and c`."""
    *most, last = names
    return f"{', '.join(most)} and {last}" if most else last
