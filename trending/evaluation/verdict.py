"""A comparison in words: which of the two is better, and what that costs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trending.evaluation.record import ServingCost

if TYPE_CHECKING:
    from trending.evaluation.compare import Comparison, ScoreDifference, Side

ALPHA = 0.05
ALIKE = 1.1
"""Costs within this ratio are told as the same: on a shared machine they differ by as much from run to run."""
DECISIVE = ("macro_f1", "micro_f1")
"""The scores that decide, the first that is clear of chance first."""
NAMES = {"micro_f1": "micro-F1", "macro_f1": "macro-F1", "weighted_f1": "weighted F1", "map": "mAP"}


def verdict(found: Comparison) -> str:
    """One or a few sentences, every number of which is in the comparison."""
    return " ".join(filter(None, [_quality(found), _exceptions(found), _cost(found)]))


def side_name(side: Side, other: Side) -> str:
    """The kind of model, with its word where both are of the same kind."""
    return side.model if side.model != other.model else f"{side.model} ({side.word})"


def _quality(found: Comparison) -> str:
    names = {"a": side_name(found.a, found.b), "b": side_name(found.b, found.a)}
    by_name = {row.name: row for row in found.scores}
    clear = [by_name[name] for name in DECISIVE if by_name[name].better]
    if not clear:
        told = " and ".join(f"{NAMES[name]} {_span(by_name[name])}" for name in DECISIVE)
        return f"No clear difference in quality between {names['a']} and {names['b']}: {told}."
    if len({row.better for row in clear}) > 1:
        return (
            f"{names[clear[0].better]} has the better {NAMES[clear[0].name]} and {names[clear[1].better]} the better "
            f"{NAMES[clear[1].name]}, each clear of chance."
        )
    told = ", ".join(f"{NAMES[row.name]} {_span(row)}" for row in clear)
    return f"{names[clear[0].better]} is better: {told}."


def _exceptions(found: Comparison) -> str:
    """Genres and slices in which the winner is the worse one, clear of chance."""
    clear = [row.better for row in found.scores if row.name in DECISIVE and row.better]
    if not clear or len(set(clear)) > 1:
        return ""
    against = -1 if clear[0] == "a" else 1
    worse = [row.name for row in found.genres if row.difference * against > 0 and row.p_value < ALPHA]
    worse += [row.slice for row in found.slices if row.difference * against > 0 and row.p_value < ALPHA]
    return f"It is worse in {', '.join(worse)}." if worse else ""


def _cost(found: Comparison) -> str:
    a, b = found.a.cost, found.b.cost
    if a is None or b is None:
        return ""
    return f"To serve, {side_name(found.a, found.b)} takes {_ratios(a, b)} {side_name(found.b, found.a)}."


def _ratios(a: ServingCost, b: ServingCost) -> str:
    pairs = [
        ("latency", a.latency_p50_ms, b.latency_p50_ms),
        ("memory", a.memory_mib, b.memory_mib),
        ("disk", a.size_mib, b.size_mib),
    ]
    told = [_ratio(name, one / other) for name, one, other in pairs if one > 0 and other > 0]
    return ", ".join(told[:-1]) + (" and " if told[:-1] else "") + told[-1] + " of" if told else "as much as"


def _ratio(name: str, ratio: float) -> str:
    if 1 / ALIKE <= ratio <= ALIKE:
        return f"about the {name}"
    return f"{ratio:.1f} times the {name}" if ratio >= 1 else f"{ratio:.0%} of the {name}"


def _span(row: ScoreDifference) -> str:
    """By how much the better one is better; where neither is, a minus b."""
    sign = -1 if row.better == "b" else 1
    low, high = sorted(sign * value for value in row.ci95)
    return f"{sign * row.difference:+.3f} ({low:+.3f} to {high:+.3f})"
