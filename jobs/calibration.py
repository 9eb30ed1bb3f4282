"""`trending calibration`: how far a bundle's probabilities can be taken at their word, before and after."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from jobs.console import HomeOption, JsonOption, SettingsOption, open_output

if TYPE_CHECKING:
    from rich.table import Table

    from trending.evaluation.calibration_check import CalibrationCheck

ModelArgument = Annotated[str, typer.Argument(help="Registry alias, version, run id or bundle folder.")]
SnapshotOption = Annotated[
    str | None,
    typer.Option("--data", help="Snapshot whose test titles are asked.", show_default="the bundle's own"),
]
LeastOption = Annotated[
    int, typer.Option("--least", min=1, help="Test titles that a genre must have to count in the mean.")
]


def calibration(
    model: ModelArgument,
    data: SnapshotOption = None,
    least: LeastOption = 200,
    json: JsonOption = False,
    home: HomeOption = None,
    settings: SettingsOption = None,
) -> None:
    """Expected calibration error of each genre on test titles, before and after the bundle's calibration.

    A bundle that was made before there was calibration is shown with the one that it would get now.

    Example: `trending calibration champion`
    """
    from trending.evaluation.calibration_check import check_calibration

    output = open_output(as_json=json, home=home, settings_file=settings)
    with output.steps() as steps:
        found = check_calibration(output.settings, model, snapshot=data, report=steps)
    output.console.print(_table(found, least))
    if found.fitted_here:
        output.console.print("This bundle answers raw: the curves were fitted for this table alone.")
    output.result(found.as_json(least=least))


def _table(found: CalibrationCheck, least: int) -> Table:
    """Genres with the most titles first; the mean over those with `least` and more last."""
    from rich.table import Table

    table = Table(box=None, header_style="bold", pad_edge=False)
    table.add_column("genre")
    table.add_column("titles", justify="right")
    table.add_column("curve")
    for stage in found.stages:
        table.add_column(f"ECE {stage}", justify="right", no_wrap=True)
    table.add_column("by chance", justify="right")
    table.add_column("Brier [dim]raw → calibrated[/dim]", justify="right", no_wrap=True)
    by_genre = [list(rows) for rows in zip(*found.stages.values(), strict=True)]
    for rows in sorted(by_genre, key=lambda rows: -rows[0].support):
        genre = rows[0].genre
        table.add_row(
            genre,
            f"{rows[0].support:,}",
            found.methods[genre],
            *(f"{row.calibration_error:.4f}" for row in rows),
            f"{found.by_chance[genre]:.4f}",
            f"{rows[0].brier:.4f} → {rows[-1].brier:.4f}",
        )
    means = found.means(least=least)
    table.add_row(f"mean, {least} titles or more", "", "", *(f"{value:.4f}" for value in means.values()), "")
    return table
