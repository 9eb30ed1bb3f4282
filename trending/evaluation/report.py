"""The comparison, as a table on the terminal and as a Markdown report."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from trending.evaluation.bootstrap import Interval
from trending.evaluation.slices import EXPRESSION
from trending.settings import Settings

if TYPE_CHECKING:
    from rich.table import Table

    from trending.evaluation.evaluate import Evaluated, EvaluationResult
    from trending.evaluation.record import EvaluationRecord, SliceRow

SIGNIFICANT = 0.05
"""A corrected p-value below this is marked: chance alone marks any slice at all once in twenty evaluations."""
WORST = 8
"""Slices that the terminal shows; the report and the record have all."""
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


def slices_table(record: EvaluationRecord, *, most: int = WORST) -> Table:
    """The worst slices of a model, and those that were asked for by an expression."""
    from rich.markup import escape
    from rich.table import Table

    asked = [row for row in record.slices[most:] if row.attribute == EXPRESSION]
    rows = record.slices[:most] + asked
    title = f"Worst of {len(record.slices)} slices of {record.subject.model}"
    table = Table(box=None, header_style="bold", pad_edge=False, title=title, title_justify="left")
    table.add_column("slice")
    for head in (
        "titles",
        "micro-F1 [dim](95%)[/dim]",
        "macro-F1",
        "Δ micro-F1 [dim]to other titles[/dim]",
        "p",
    ):
        table.add_column(head, justify="right", no_wrap=True)
    for row in rows:
        colour = "dim" if row.p_value >= SIGNIFICANT else "red" if row.difference < 0 else "green"
        table.add_row(
            escape(row.name),
            f"{row.titles:,}",
            f"{row.micro_f1:.3f} [dim]{_span(row.micro_f1_ci95)}[/dim]",
            f"{row.macro_f1:.3f}",
            f"[{colour}]{row.difference:+.3f}[/{colour}]",
            _p_value(row.p_value),
        )
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
        lines += [
            f"Bundle: `{one.bundle}`",
            "",
            *_genres(one),
            "",
            "### Slices, worst first",
            "",
            *_slices(one),
        ]
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
            f"{g.roc_auc:.3f}",
            f"{g.average_precision:.3f}",
            f"{g.support:,}",
        ]
        for g in sorted(one.scores.genres, key=lambda g: g.f1, reverse=True)
    ]
    return _markdown(["genre", "precision", "recall", "F1", "ROC-AUC", "average precision", "titles"], rows)


def _slices(one: Evaluated) -> list[str]:
    """p-values are Holm-corrected over the slices of the table."""
    if not one.record.slices:
        return ["No attribute has a value with enough test titles."]
    heads = [
        "slice",
        "titles",
        "micro-F1 (95%)",
        "macro-F1",
        "Δ micro-F1 to other titles",
        "p, Holm-corrected",
    ]
    return _markdown(heads, [_slice_cells(row) for row in one.record.slices])


def _slice_cells(row: SliceRow) -> list[str]:
    return [
        f"`{row.name}`".replace("|", "\\|"),
        f"{row.titles:,}",
        f"{row.micro_f1:.3f} {_span(row.micro_f1_ci95)}",
        f"{row.macro_f1:.3f}",
        f"{row.difference:+.3f}",
        _p_value(row.p_value),
    ]


def _p_value(value: float) -> str:
    return "<0.001" if value < 0.001 else f"{value:.3f}"


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
