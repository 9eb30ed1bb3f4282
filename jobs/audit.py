"""`trending audit`: who moved which model, and whether the log still says so."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from jobs.console import HomeOption, JsonOption, SettingsOption, open_output

ExpectOption = Annotated[
    str | None,
    typer.Option("--expect", help="A digest kept elsewhere, which the log must hold.", show_default=False),
]
LimitOption = Annotated[int, typer.Option("--limit", min=1, help="Newest records to show.")]


def app() -> typer.Typer:
    """The jobs of `trending audit`."""
    jobs = typer.Typer(help="The audit log of promotions: list it, verify it.", no_args_is_help=True)
    jobs.command("list")(show)
    jobs.command("verify")(verify)
    return jobs


def show(
    limit: LimitOption = 20,
    json: JsonOption = False,
    home: HomeOption = None,
    settings: SettingsOption = None,
) -> None:
    """The newest records, newest first: when, who, what, and the digest."""
    from rich.table import Table

    from trending.evaluation.audit import AuditLog

    output = open_output(as_json=json, home=home, settings_file=settings)
    found = AuditLog(output.settings.audit_dir).records()[::-1][:limit]
    table = Table(
        "", "at", "who", "action", "version", "before", "decision", "digest", box=None, pad_edge=False
    )
    for one in found:
        told = (str(one.facts.get(name) or "") for name in ("version", "before", "decision"))
        table.add_row(str(one.sequence), one.at[:19], one.who, one.action, *told, one.digest[:12])
    output.console.print(
        table if found else "Nothing yet. `trending promote VERSION` writes the first record."
    )
    output.result({"records": [asdict(one) for one in found]})


def verify(
    expect: ExpectOption = None,
    json: JsonOption = False,
    home: HomeOption = None,
    settings: SettingsOption = None,
) -> None:
    """Find a record that was changed, dropped, reordered or cut off, and a champion that did not come by the gate.

    Ends with 1 where something is wrong. The last digest is printed: kept elsewhere and given with `--expect`, it also
    finds a log that was written anew as a whole.
    """
    from rich.markup import escape

    from trending.evaluation.gate.champion import check_audit

    output = open_output(as_json=json, home=home, settings_file=settings)
    found = check_audit(output.settings, expected=expect)
    say = output.console.print
    for fault in found.faults:
        say(f"[red]line {fault.line}[/red]: {escape(fault.what)}", soft_wrap=True)
    verdict = "[green]sound[/green]" if found.sound else "[red]not as it was written[/red]"
    say(f"{found.records} record(s), {verdict}. Last digest: {found.head}", soft_wrap=True)
    output.result({"sound": found.sound, **asdict(found)})
    if not found.sound:
        raise typer.Exit(1)
