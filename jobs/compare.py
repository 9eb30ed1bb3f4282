"""`trending compare`: two models on the same titles, and what each costs to serve."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from jobs.console import DataOption, HomeOption, JsonOption, SettingsOption, open_output

if TYPE_CHECKING:
    from rich.table import Table

    from trending.evaluation.compare import Comparison

WordArgument = Annotated[str, typer.Argument(help="Registry alias, version, run id or bundle folder.")]
CostOption = Annotated[
    bool, typer.Option("--cost/--no-cost", help="Measure latency, throughput and memory of both.")
]
SHOWN = 6
"""Slices at the most, those that differ most."""


def compare(
    a: WordArgument,
    b: WordArgument,
    data: DataOption = "latest",
    cost: CostOption = True,
    json: JsonOption = False,
    home: HomeOption = None,
    settings: SettingsOption = None,
) -> None:
    """Compare two models: quality with 95% intervals, paired title by title, and what each costs to serve.

    Differences are A minus B. Genres and slices are marked where the difference is more than chance, corrected for
    there being so many.

    Example: `trending compare challenger champion`
    """
    from trending.evaluation.compare import compare as run_comparison
    from trending.evaluation.verdict import verdict

    output = open_output(as_json=json, home=home, settings_file=settings)
    with output.steps() as steps:
        found = run_comparison(output.settings, a, b, snapshot=data, cost=cost, report=steps)
    for table in (_scores(found), _genres(found), _slices(found), _costs(found)):
        if table is not None:
            output.console.print(table)
    output.console.print(verdict(found), soft_wrap=True)
    output.result(found.as_json())


def _table(found: Comparison, first: str, *more: str) -> Table:
    from rich.table import Table

    table = Table(box=None, header_style="bold", pad_edge=False, title_justify="left")
    table.add_column(first, min_width=24)
    for head in (f"A {found.a.model}", f"B {found.b.model}", *more):
        table.add_column(head, justify="right", no_wrap=True)
    return table


def _scores(found: Comparison) -> Table:
    from trending.evaluation.verdict import NAMES

    table = _table(found, f"{found.titles:,} test titles", "A - B [dim](95%)[/dim]")
    for row in found.scores:
        table.add_row(NAMES[row.name], f"{row.a:.3f}", f"{row.b:.3f}", _difference(row.difference, row.ci95))
    return table


def _genres(found: Comparison) -> Table:
    table = _table(found, "\nF1 by genre", "A - B [dim](95%)[/dim]", "p", "titles")
    for row in found.genres:
        table.add_row(
            row.name,
            f"{row.a:.3f}",
            f"{row.b:.3f}",
            _difference(row.difference, row.ci95, clear=row.p_value < 0.05),
            f"{row.p_value:.3f}",
            f"{row.titles:,}",
        )
    return table


def _slices(found: Comparison) -> Table | None:
    from rich.table import Table

    if not found.slices:
        return None
    table = Table(box=None, header_style="bold", pad_edge=False)
    table.add_column("\nmicro-F1 by slice", min_width=24)
    for head in ("A - B [dim](95%)[/dim]", "p", "titles"):
        table.add_column(head, justify="right", no_wrap=True)
    rows = sorted(found.slices, key=lambda row: -abs(row.difference))[:SHOWN]
    for row in rows:
        difference = _difference(row.difference, row.ci95, clear=row.p_value < 0.05)
        table.add_row(row.slice, difference, f"{row.p_value:.3f}", f"{row.titles:,}")
    return table


def _costs(found: Comparison) -> Table | None:
    a, b = found.a.cost, found.b.cost
    if a is None or b is None:
        return None
    table = _table(found, "\nCost of serving", "A / B")
    for name, attribute, digits in (
        ("median latency, ms", "latency_p50_ms", 1),
        ("99th percentile, ms", "latency_p99_ms", 1),
        ("titles a second", "titles_per_s", 0),
        ("memory, MiB", "memory_mib", 0),
        ("on disk, MiB", "size_mib", 1),
    ):
        one, other = getattr(a, attribute), getattr(b, attribute)
        ratio = f"{one / other:.2f}" if other else "-"
        table.add_row(name, f"{one:,.{digits}f}", f"{other:,.{digits}f}", ratio)
    return table


def _difference(value: float, ci95: tuple[float, float], *, clear: bool = True) -> str:
    low, high = ci95
    colour = "yellow" if not clear or low <= 0 <= high else "green" if value > 0 else "red"
    return f"[{colour}]{value:+.3f}[/{colour}] [dim]{low:+.3f} to {high:+.3f}[/dim]"
