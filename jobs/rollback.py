"""`trending rollback`: the champion before this one."""

from __future__ import annotations

from typing import Annotated

import typer

from jobs.console import HomeOption, JsonOption, SettingsOption, open_output
from jobs.promote import WhyOption

ToOption = Annotated[
    str | None, typer.Option("--to", help="An older champion's version instead.", show_default=False)
]


def rollback(
    to: ToOption = None,
    why: WhyOption = "",
    json: JsonOption = False,
    home: HomeOption = None,
    settings: SettingsOption = None,
) -> None:
    """Make the previous champion the champion again, at once: it passed the gate in its time.

    A running service takes it up within seconds. Each further rollback goes one champion further back.
    """
    from trending.evaluation.gate.champion import rollback as roll_back

    output = open_output(as_json=json, home=home, settings_file=settings)
    done = roll_back(output.settings, to=to, why=why)
    output.console.print(
        f"Champion: [bold]version {done.version}[/bold] again, instead of version {done.before}."
    )
    output.console.print(f"Audit record {done.record.sequence}: {done.record.digest}", soft_wrap=True)
    output.result({"version": done.version, "before": done.before, "audit": done.record.digest})
