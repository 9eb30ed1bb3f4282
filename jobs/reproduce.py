"""`trending reproduce`: a run trained again."""

from __future__ import annotations

from typing import Annotated

import typer

from jobs.console import HomeOption, JsonOption, SettingsOption, open_output

RunArgument = Annotated[str, typer.Argument(help="Run id (or its beginning), version or alias.")]


def reproduce(
    run: RunArgument,
    json: JsonOption = False,
    home: HomeOption = None,
    settings: SettingsOption = None,
) -> None:
    """Train a run again from its snapshot, settings and seed, and say whether its test scores come out.

    They must agree to 1e-6, those of bert within the run's 95% interval. The repetition is trained in a folder of its
    own, which is removed. Ends with 1 where a score does not agree.
    """
    from rich.table import Table

    from trending.training.reproduce import reproduce as train_again

    output = open_output(as_json=json, home=home, settings_file=settings)
    with output.steps() as steps:
        found = train_again(output.settings, run, report=steps)
    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in ("score", "then", "now", "difference", "agrees"):
        table.add_column(column, justify="left" if column in ("score", "agrees") else "right")
    for one in found.scores:
        agrees = "[green]yes[/green]" if one.agrees else "[red]no[/red]"
        table.add_row(one.score, f"{one.then:.6f}", f"{one.now:.6f}", f"{one.now - one.then:+.1e}", agrees)
    output.console.print(table)
    bytes_too = ", byte for byte" if found.same_bytes else ""
    verdict = f"[green]Reproduced{bytes_too}.[/green]" if found.agrees else "[red]Not reproduced.[/red]"
    output.console.print(f"{verdict} Code then {found.code_then}, now {found.code_now}.")
    output.result(found.as_json())
    if not found.agrees:
        raise typer.Exit(1)
