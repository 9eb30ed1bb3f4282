"""The comparison, as a table on the terminal and as a Markdown report."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from trending.evaluation.bootstrap import Interval
from trending.settings import Settings

if TYPE_CHECKING:
    from rich.table import Table

    from trending.evaluation.evaluate import Evaluated, EvaluationResult

COLUMNS = {"micro_f1": "micro-F1", "macro_f1": "macro-F1", "weighted_f1": "weighted-F1", "map": "mAP"}


def comparison_table(result: EvaluationResult) -> Table:
    """All models side by side with 95% intervals; with several, also the paired gain over the last."""
    from rich.table import Table

    table = Table(box=None, header_style="bold", pad_edge=False)
    table.add_column("model")
    for title in COLUMNS.values():
        table.add_column(f"{title} [dim](95%)[/dim]", justify="right", no_wrap=True)
    several = len(result.models) > 1
    if several:
        baseline = result.models[-1]
        for title in ("micro-F1", "macro-F1"):
            table.add_column(f"Δ {title} [dim]vs {baseline.model}[/dim]", justify="right", no_wrap=True)
    for one in result.models:
        cells = [f"{getattr(one.scores, name):.3f} [dim]{_span(one.ci95[name])}[/dim]" for name in COLUMNS]
        gains = [_gain(one, result.models[-1], name) for name in ("micro_f1", "macro_f1")] if several else []
        table.add_row(one.model, *cells, *gains)
    return table


def write_report(
    settings: Settings, snapshot_id: int, models: Sequence[Evaluated], *, titles: int, time_split: bool
) -> Path:
    """The comparison and every genre of every model, in Markdown under `reports/`; returns its path."""
    now = datetime.now(UTC)
    split = "later additions (time split)" if time_split else "the test split"
    lines = [
        "# Evaluation",
        "",
        f"{titles:,} titles of {split}, snapshot `{snapshot_id}`, {now:%Y-%m-%d %H:%M} UTC. "
        f"Intervals: bootstrap over titles, {settings.train.bootstrap_samples:,} samples, 95%.",
        "",
        *_overview(models),
    ]
    for one in models:
        lines += ["", f"## {one.model}" + (f", version {one.version}" if one.version else ""), ""]
        lines += [f"Bundle: `{one.bundle}`", "", *_genres(one)]
    path = settings.reports_dir / f"evaluation-{now:%Y%m%dT%H%M%S%f}.md"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def _overview(models: Sequence[Evaluated]) -> list[str]:
    several = len(models) > 1
    gains = [f"Δ {COLUMNS[name]} vs {models[-1].model}" for name in COLUMNS] if several else []
    heads = ["model", *COLUMNS.values(), *gains]
    rows = []
    for one in models:
        cells = [f"{getattr(one.scores, name):.3f} {_span(one.ci95[name])}" for name in COLUMNS]
        rows.append(
            [
                one.model,
                *cells,
                *(
                    [_span(one.gain[name], sign=True) if one.gain else "" for name in COLUMNS]
                    if several
                    else []
                ),
            ]
        )
    return _markdown(heads, rows)


def _genres(one: Evaluated) -> list[str]:
    rows = [
        [
            g.genre,
            f"{g.precision:.3f}",
            f"{g.recall:.3f}",
            f"{g.f1:.3f}",
            f"{g.average_precision:.3f}",
            f"{g.support:,}",
        ]
        for g in sorted(one.scores.genres, key=lambda g: g.f1, reverse=True)
    ]
    return _markdown(["genre", "precision", "recall", "F1", "average precision", "titles"], rows)


def _markdown(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    rule = ["---", *["---:"] * (len(heads) - 1)]
    return [f"| {' | '.join(cells)} |" for cells in (heads, rule, *rows)]


def _gain(one: Evaluated, baseline: Evaluated, name: str) -> str:
    if one.gain is None:
        return "[dim]-[/dim]"
    low, high = one.gain[name]
    colour = "green" if low > 0 else "red" if high < 0 else "yellow"
    point = getattr(one.scores, name) - getattr(baseline.scores, name)
    return f"[{colour}]{point:+.3f}[/{colour}] [dim]{_span((low, high), sign=True)}[/dim]"


def _span(interval: Interval, *, sign: bool = False) -> str:
    low, high = interval
    if sign:
        return f"{low:+.3f} to {high:+.3f}"
    return f"{low:.3f}-{high:.3f}"
