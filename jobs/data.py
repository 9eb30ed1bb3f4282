"""`trending data`: the versions of the tables."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

import typer
from rich.table import Table

from jobs.console import HomeOption, JsonOption, Output, SettingsOption, open_output

SnapshotArgument = Annotated[str, typer.Argument(help="An id or its beginning, `latest`, `latest~1`.")]
SHOWN = 20


def app() -> typer.Typer:
    """The sub-commands of `trending data`."""
    data = typer.Typer(help="Look at the versions of the tables: log, diff, show.", no_args_is_help=True)
    data.command("log")(log)
    data.command("diff")(diff)
    data.command("show")(show)
    return data


def log(json: JsonOption = False, home: HomeOption = None, settings: SettingsOption = None) -> None:
    """List the snapshots, newest first, with what each ingest changed."""
    from trending.catalog import snapshots

    output = open_output(as_json=json, home=home, settings_file=settings)
    versions = snapshots.log(output.settings)
    table = _table("snapshot", "committed (UTC)", "sources", ">titles", ">changed")
    for version in versions:
        table.add_row(
            str(version.snapshot_id),
            f"{version.committed_at:%Y-%m-%d %H:%M:%S}",
            ", ".join(version.sources),
            f"{version.titles:,}",
            f"{version.changed:,}",
        )
    output.console.print(table if versions else "No snapshot yet. `trending ingest` makes one.")
    output.result({"snapshots": [asdict(version) | {"changed": version.changed} for version in versions]})


def diff(
    a: SnapshotArgument,
    b: SnapshotArgument = "latest",
    json: JsonOption = False,
    home: HomeOption = None,
    settings: SettingsOption = None,
) -> None:
    """Titles added, removed and changed on the way from snapshot A to snapshot B.

    Example: `trending data diff latest~1 latest`
    """
    from trending.catalog import snapshots

    output = open_output(as_json=json, home=home, settings_file=settings)
    found = snapshots.diff(output.settings, a, b)
    say = output.console.print
    numbers = f"{len(found.added):,} added, {len(found.removed):,} removed, {len(found.changed):,} changed"
    say(f"{found.before} → {found.after}: [bold]{numbers}[/bold]")
    for mark, titles in (("[green]+[/green]", found.added), ("[red]-[/red]", found.removed)):
        for title in titles[:SHOWN]:
            say(f"  {mark} {title.title} ({title.release_year}) on {title.platform}")
        _rest(output, len(titles))
    for change in found.changed[:SHOWN]:
        say(f"  [yellow]~[/yellow] {change.title.title} ({change.title.release_year})")
        for field, (before, after) in change.fields.items():
            say(f"      {field}: [dim]{_short(before)}[/dim] → {_short(after)}")
    _rest(output, len(found.changed))
    output.result(asdict(found))


def show(
    snapshot: SnapshotArgument = "latest",
    json: JsonOption = False,
    home: HomeOption = None,
    settings: SettingsOption = None,
) -> None:
    """What one snapshot holds: titles by genre, platform, kind, split and language."""
    from trending.catalog import snapshots

    output = open_output(as_json=json, home=home, settings_file=settings)
    found = snapshots.show(output.settings, snapshot)
    version = found.version
    say = output.console.print
    say(f"Snapshot [bold]{version.snapshot_id}[/bold], {version.committed_at:%Y-%m-%d %H:%M:%S} UTC")
    say(
        f"{version.titles:,} titles, {found.reviews:,} reviews; "
        f"{found.quarantined:,} rows in quarantine, {found.merged:,} merged"
    )
    for name in ("genres", "platforms", "kinds", "splits", "languages"):
        table = Table(title=f"\n{name}", title_justify="left", box=None, show_header=False, pad_edge=False)
        table.add_column(min_width=28)
        table.add_column(justify="right")
        for label, number in getattr(found, name).items():
            table.add_row(label, f"{number:,}")
        say(table)
    output.result({"snapshot_id": version.snapshot_id, **asdict(found)})


def _table(*columns: str) -> Table:
    """A plain table; a column whose name begins with `>` is flushed right."""
    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in columns:
        table.add_column(column.removeprefix(">"), justify="right" if column.startswith(">") else "left")
    return table


def _rest(output: Output, count: int) -> None:
    if count > SHOWN:
        output.console.print(f"  [dim]... and {count - SHOWN:,} more[/dim]")


def _short(value: Any) -> str:
    text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return text if len(text) <= 60 else text[:57] + "..."
