"""`trending lineage`: from the raw files to what answered."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from jobs.console import HomeOption, JsonOption, SettingsOption, open_output

VersionArgument = Annotated[
    str,
    typer.Argument(help="A prediction's model version; or an alias, a run id, a digest, a bundle folder."),
]


def lineage(
    version: VersionArgument,
    json: JsonOption = False,
    home: HomeOption = None,
    settings: SettingsOption = None,
) -> None:
    """Where a model comes from: raw file, snapshot, features, run, bundle, version, alias, and what it answered.

    Files and bundle are read again and compared with the digests that were written down: what has changed since, or is
    gone, is named.
    """
    from rich.markup import escape

    from serve_app.assignment_log import answers_of
    from trending.evaluation.lineage import lineage as find_lineage

    output = open_output(as_json=json, home=home, settings_file=settings)
    found = find_lineage(output.settings, version)
    served = answers_of(output.settings.service_dir, found.version)
    say = output.console.print
    for link in found.links:
        mark = f"[red]{escape(link.fault)}[/red]" if link.fault else ""
        say(f"[bold]{link.step:<9}[/bold] {escape(link.name)} {mark}", soft_wrap=True)
        if told := _told(link.facts):
            say(f"          [dim]{escape(told)}[/dim]", soft_wrap=True)
    say(
        f"[bold]served[/bold]    {served['requests']:,} requests, {served['titles']:,} titles", soft_wrap=True
    )
    output.result({**found.as_json(), "served": served})


def _told(facts: Any) -> str:
    return ", ".join(f"{name} {value}" for name, value in facts.items() if value not in ("", None, []))
