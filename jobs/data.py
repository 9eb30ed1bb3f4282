"""`trending data`: the versions of the tables."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.table import Table

from jobs.console import HomeOption, JsonOption, SettingsOption, open_output

SnapshotArgument = Annotated[str, typer.Argument(help="An id or its beginning, `latest`, `latest~1`.")]


def app() -> typer.Typer:
    """The sub-commands of `trending data`."""
    data = typer.Typer(help="Look at the versions of the tables.", no_args_is_help=True)
    data.command("log")(log)
    data.command("diff")(diff)
    data.command("show")(show)
    return data


def log(json: JsonOption = False, home: HomeOption = None, settings: SettingsOption = None) -> None:
    """List the snapshots, newest first."""
    from trending.catalog import snapshots

    output = open_output(as_json=json, home=home, settings_file=settings)
    entries = snapshots.log(output.settings)
    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in ("snapshot", "committed", "titles", "reviews", "quarantine"):
        table.add_column(column, justify="left" if column in ("snapshot", "committed") else "right")
    for entry in entries:
        table.add_row(
            str(entry.snapshot_id),
            entry.committed_at.strftime("%Y-%m-%d %H:%M:%S"),
            *(f"{n:,}" for n in (entry.titles, entry.reviews, entry.quarantine)),
        )
    output.console.print(table if entries else "No snapshot yet. `trending ingest` makes one.")
    output.result({"snapshots": [entry.as_json() for entry in entries]})


def diff(
    a: SnapshotArgument,
    b: SnapshotArgument = "latest",
    json: JsonOption = False,
    home: HomeOption = None,
    settings: SettingsOption = None,
) -> None:
    """Titles added, removed and changed from snapshot A to snapshot B."""
    from trending.catalog import snapshots

    output = open_output(as_json=json, home=home, settings_file=settings)
    found = snapshots.diff(output.settings, a, b)
    say = output.console.print
    numbers = f"{len(found.added):,} added, {len(found.removed):,} removed, {len(found.changed):,} changed"
    say(f"{found.a} → {found.b}: {numbers}")
    for mark, titles in (("[green]+[/green]", found.added), ("[red]-[/red]", found.removed)):
        for title in titles[:20]:
            say(f"  {mark} {title.title} ({title.release_year}) on {title.platform}")
    for change in found.changed[:20]:
        title = change.title
        say(f"  [yellow]~[/yellow] {title.title} ({title.release_year}): {', '.join(change.fields)}")
    output.result(found.as_json())


def show(
    snapshot: SnapshotArgument = "latest",
    json: JsonOption = False,
    home: HomeOption = None,
    settings: SettingsOption = None,
) -> None:
    """What one snapshot holds: titles by genre, platform, kind and split."""
    from trending.catalog import snapshots

    output = open_output(as_json=json, home=home, settings_file=settings)
    found = snapshots.show(output.settings, snapshot)
    output.console.print(f"[bold]{found.snapshot_id}[/bold], {found.committed_at:%Y-%m-%d %H:%M:%S}")
    output.console.print(
        f"{found.titles:,} titles, {found.reviews:,} reviews, {found.quarantine:,} in quarantine"
    )
    for name, counts in found.counts.items():
        table = Table(title=name, title_justify="left", box=None, show_header=False, pad_edge=False)
        table.add_column()
        table.add_column(justify="right")
        for label, number in counts.items():
            table.add_row(label, f"{number:,}")
        output.console.print(table)
    output.result(found.as_json())
