"""Plots as inline SVG that a page's own style sheet colours, in light and dark.

Lengths along the page are percentages, so that a plot fills any width while its text keeps its size.
Fills are classes: `s0`, `s1`, ... for series, `grid`, `mark` and `text` for the rest (see `page.css`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

_BAR_HEIGHT = 14
_TOP, _BOTTOM = 16, 22
IS_ALSO = "{share} of {row} is also {column}"
"""What the mouse reads on a cell of genres that share titles."""


@dataclass(frozen=True)
class Column:
    """One stacked column."""

    values: tuple[float, ...]
    """One height a series, stacked from the bottom."""
    tip: str
    """What the mouse reads on it."""
    tick: str = ""
    """Label under it, where it gets one."""


def columns(
    data: Sequence[Column], *, label: str, height: int = 200, marker: tuple[float, str] | None = None
) -> Markup:
    """Columns side by side, as a histogram. `marker` is a position (0 to 1 from the left) with its text."""
    highest = max((sum(column.values) for column in data), default=0)
    ticks = round_ticks(highest)
    scale = (height - _TOP - _BOTTOM) / (highest or 1)
    base = height - _BOTTOM
    parts = [_grid(base, scale, ticks)]
    width = 100 / max(len(data), 1)
    gap = min(width * 0.12, 0.6)
    for index, column in enumerate(data):
        parts.append(_stack(column, left=index * width + gap / 2, width=width - gap, base=base, scale=scale))
        if column.tick:
            parts.append(_tick_label(column.tick, (index + 0.5) * width, height - 6))
    if marker:
        parts.append(_marker(*marker, base=base))
    return _svg("".join(parts), label=label, height=height)


def bar(
    values: Sequence[float],
    *,
    whole: float,
    label: str,
    track: bool = False,
    interval: tuple[float, float] | None = None,
) -> Markup:
    """A horizontal bar of stacked series, `whole` being the full width; `track` shows what is left of it.

    `interval` draws how sure its end is.
    """
    parts, left = ['<rect class="track" width="100%" height="100%"/>'] if track else [], 0.0
    for series, value in enumerate(values):
        width = 100 * value / whole if whole else 0
        if value:
            parts.append(f'<rect class="s{series}" x="{_n(left)}%" width="{_n(width)}%" height="100%"/>')
        left += width
    if interval and whole:
        parts.append(_whisker(*(100 * value / whole for value in interval)))
    return _svg("".join(parts), label=label, height=_BAR_HEIGHT)


def span(
    low: float,
    middle: float,
    high: float,
    *,
    whole: float,
    label: str,
    begin: float = 0,
    reference: float | None = None,
) -> Markup:
    """A line from `low` to `high` with a dot at `middle`, on a scale from `begin` at the left to `whole` at the right.

    `reference` is a value to hold it against: a dotted line that runs on through the rows above and below.
    """
    width = (whole - begin) / 100
    start, dot, end = ((value - begin) / width if width else 0 for value in (low, middle, high))
    y = _BAR_HEIGHT / 2
    line = f'<rect class="span" x="{_n(start)}%" y="{y - 2}" width="{_n(end - start)}%" height="4" rx="2"/>'
    if reference is not None and width:
        x = _n((reference - begin) / width)
        line = f'<line class="mark" x1="{x}%" x2="{x}%" y1="-9" y2="{_BAR_HEIGHT + 9}"/>{line}'
    return _svg(f'{line}<circle class="s0" cx="{_n(dot)}%" cy="{y}" r="5"/>', label=label, height=_BAR_HEIGHT)


def heatmap(
    names: Sequence[str], shares: Sequence[Sequence[float]], *, label: str, tip: str = IS_ALSO
) -> Markup:
    """A square of cells, darker for a larger share (0 to 1); the diagonal stays empty.

    Reads along a row: the share of the row's titles that are also the column's. Shares from 10% on are
    printed in the cell. `tip` is what the mouse reads, with `{share}`, `{row}` and `{column}` in it.
    """
    side, left, top = 34, 176, 150
    width, height = left + side * len(names) + 70, top + side * len(names) + 4
    off_diagonal = (s for i, row in enumerate(shares) for j, s in enumerate(row) if i != j)
    strongest = max(off_diagonal, default=0) or 1
    parts = []
    for i, name in enumerate(names):
        middle = (i + 0.5) * side
        for at, anchor in (
            (f"translate({left - 8} {_n(top + middle + 4)})", "end"),
            (f"translate({_n(left + middle + 4)} {top - 8}) rotate(-45)", "start"),
        ):
            parts.append(f'<text class="text" transform="{at}" text-anchor="{anchor}">{escape(name)}</text>')
        for j, share in enumerate(shares[i]):
            said = tip.format(share=f"{share:.0%}", row=name, column=names[j])
            parts.append(
                _cell(left + j * side, top + i * side, side - 2, share / strongest, share, said, empty=i == j)
            )
    box = f'viewBox="0 0 {width} {height}" role="img" aria-label="{escape(label)}"'
    return Markup(
        f'<svg class="plot heatmap" xmlns="http://www.w3.org/2000/svg" {box}>{"".join(parts)}</svg>'
    )


@dataclass(frozen=True)
class Point:
    """A point of the unit square, with how far up and down it could as well lie."""

    x: float
    y: float
    low: float
    high: float
    weight: float
    """0 to 1: the area of its dot."""
    tip: str


def against_diagonal(
    points: Sequence[Point], *, label: str, side: int = 150, axes: tuple[str, str] | None = None
) -> Markup:
    """Points of the unit square, joined by a line, against the diagonal on which both values are equal.

    `axes` names what runs across and what runs up. Scales with the page up to `side` and what is around it.
    """
    left, above, below = (40, 22, 40) if axes else (26, 6, 20)
    width, height = left + side + 10, above + side + below

    def at(x: float, y: float) -> str:
        return f"{_n(left + x * side)},{_n(above + (1 - y) * side)}"

    parts = [_square(left, above, side)]
    parts.append(f'<polyline class="equal" points="{at(0, 0)} {at(1, 1)}"/>')
    for point in points:
        x, low, high = left + point.x * side, above + (1 - point.low) * side, above + (1 - point.high) * side
        parts.append(f'<line class="whisker" x1="{_n(x)}" x2="{_n(x)}" y1="{_n(low)}" y2="{_n(high)}"/>')
    parts.append(f'<polyline class="curve" points="{" ".join(at(p.x, p.y) for p in points)}"/>')
    for point in points:
        x, y = at(point.x, point.y).split(",")
        dot = f'<circle class="s0" cx="{x}" cy="{y}" r="{_n(2 + 4 * math.sqrt(point.weight))}"/>'
        parts.append(f"<g><title>{escape(point.tip)}</title>{dot}</g>")
    if axes:
        across = f'x="{left + side}" y="{height - 5}" text-anchor="end"'
        parts.append(f'<text class="text" {across}>{escape(axes[0])}</text>')
        parts.append(f'<text class="text" x="0" y="11">{escape(axes[1])}</text>')
    box = f'viewBox="0 0 {width} {height}" role="img" aria-label="{escape(label)}"'
    return Markup(
        f'<svg class="plot square" style="max-width:{width}px" xmlns="http://www.w3.org/2000/svg" {box}>'
        f"{''.join(parts)}</svg>"
    )


def round_ticks(highest: float, *, about: int = 3) -> list[float]:
    """Round counts from 0 to at most `highest`, in `about` steps of 1, 2, 2.5 or 5 times a power of ten."""
    if highest <= 0:
        return [0]
    power = 10 ** math.floor(math.log10(highest / about))
    step = min((s * power for s in (1, 2, 2.5, 5, 10) if s * power >= highest / about), default=power)
    step = max(step, 1)
    return [step * n for n in range(math.floor(highest / step) + 1)]


def _svg(inside: str, *, label: str, height: int) -> Markup:
    return Markup(
        f'<svg class="plot" xmlns="http://www.w3.org/2000/svg" width="100%" height="{height}"'
        f' role="img" aria-label="{escape(label)}">{inside}</svg>'
    )


def _grid(base: float, scale: float, ticks: Sequence[float]) -> str:
    lines = []
    for tick in ticks:
        y = _n(base - tick * scale)
        lines.append(f'<line class="grid" x1="0" x2="100%" y1="{y}" y2="{y}"/>')
        if tick:
            lines.append(f'<text class="text" x="0" y="{_n(base - tick * scale - 4)}">{tick:,.0f}</text>')
    return "".join(lines)


def _whisker(start: float, end: float) -> str:
    """A thin line with ends across a bar; positions in percent."""
    y = _BAR_HEIGHT / 2
    lines = [(start, end, y, y), *((at, at, 3, _BAR_HEIGHT - 3) for at in (start, end))]
    return "".join(
        f'<line class="{kind}" x1="{_n(a)}%" x2="{_n(b)}%" y1="{c}" y2="{d}"/>'
        for kind in ("halo", "whisker")
        for a, b, c, d in lines
    )


def _square(left: float, above: float, side: float) -> str:
    """The ground of the unit square, with 0, 0.5 and 1 on both sides."""
    parts = [f'<rect class="track" x="{left}" y="{above}" width="{side}" height="{side}"/>']
    for value, anchor in ((0, "start"), (0.5, "middle"), (1, "end")):
        x, y = left + value * side, above + (1 - value) * side
        parts.append(
            f'<text class="text" x="{_n(x)}" y="{above + side + 15}" text-anchor="{anchor}">{value:g}</text>'
            f'<text class="text" x="{left - 6}" y="{_n(y + 4)}" text-anchor="end">{value:g}</text>'
        )
    return "".join(parts)


def _stack(column: Column, *, left: float, width: float, base: float, scale: float) -> str:
    across = f'x="{_n(left)}%" width="{_n(width)}%"'
    rects, y = [], base
    for series, value in enumerate(column.values):
        height = value * scale
        y -= height
        if value:
            rects.append(f'<rect class="s{series}" {across} y="{_n(y)}" height="{_n(height)}"/>')
    catch = f'<rect class="catch" {across} y="{_TOP}" height="{_n(base - _TOP)}"/>'
    return f"<g><title>{escape(column.tip)}</title>{catch}{''.join(rects)}</g>"


def _tick_label(text: str, at: float, y: float) -> str:
    anchor = "start" if at < 4 else "end" if at > 96 else "middle"
    x = {"start": 0, "end": 100}.get(anchor, at)
    return f'<text class="text" x="{_n(x)}%" y="{y}" text-anchor="{anchor}">{escape(text)}</text>'


def _marker(position: float, text: str, *, base: float) -> str:
    x = _n(100 * position)
    side, shift = ("start", 6) if position < 0.6 else ("end", -6)
    return (
        f'<line class="mark" x1="{x}%" x2="{x}%" y1="4" y2="{base}"/>'
        f'<text class="mark" x="{x}%" dx="{shift}" y="13" text-anchor="{side}">{escape(text)}</text>'
    )


def _cell(x: float, y: float, side: float, strength: float, share: float, tip: str, *, empty: bool) -> str:
    at = f'x="{x}" y="{y}" width="{side}" height="{side}" rx="3"'
    if empty:
        return f'<rect class="empty" {at}/>'
    shade = _n(0.06 + 0.94 * strength) if share else "0.03"
    middle = side / 2
    number = ""
    if share >= 0.095:
        tone = "on" if strength > 0.66 else "value"
        number = (
            f'<text class="{tone}" x="{_n(x + middle)}" y="{_n(y + middle + 4)}" text-anchor="middle">'
            f"{share * 100:.0f}</text>"
        )
    return f'<g><title>{escape(tip)}</title><rect class="heat" fill-opacity="{shade}" {at}/>{number}</g>'


def _n(value: float) -> str:
    """A number as short as SVG needs it."""
    return f"{value:.3f}".rstrip("0").rstrip(".")
