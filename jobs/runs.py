"""`trending runs`: what was trained, compared."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.table import Table

from jobs.console import HomeOption, JsonOption, SettingsOption, open_output

LimitOption = Annotated[int, typer.Option("--limit", min=1, help="Newest runs to show.")]


def runs(
    limit: LimitOption = 20,
    json: JsonOption = False,
    home: HomeOption = None,
    settings: SettingsOption = None,
) -> None:
    """Compare the newest training runs: data, scores, registry version and aliases."""
    from trending.models.registry import list_runs

    output = open_output(as_json=json, home=home, settings_file=settings)
    found = list_runs(output.settings, limit=limit)
    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in (
        "started",
        "model",
        "version",
        "aliases",
        "snapshot",
        "micro-F1",
        "macro-F1",
        "mAP",
        "run",
    ):
        table.add_column(column, justify="right" if column.endswith(("F1", "mAP", "version")) else "left")
    for run in found:
        table.add_row(
            run.started_at.strftime("%Y-%m-%d %H:%M"),
            run.model,
            run.version or "",
            ", ".join(run.aliases),
            run.snapshot_id[:12],
            *(
                f"{run.metrics[name]:.3f}" if name in run.metrics else ""
                for name in ("micro_f1", "macro_f1", "map")
            ),
            run.run_id[:8],
        )
    output.console.print(table if found else "No run yet. `trending train linear` makes one.")
    output.result({"runs": [run.as_json() for run in found]})
