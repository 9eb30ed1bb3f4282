"""`trending monitor`: are the titles that come in still those that the model knows?"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from jobs.console import DataOption, HomeOption, JsonOption, SettingsOption, open_output

if TYPE_CHECKING:
    from rich.table import Table

    from trending.monitoring.drift import Drift

ModelArgument = Annotated[str, typer.Argument(help="Registry alias, version, run id or bundle folder.")]
SinceOption = Annotated[
    str | None,
    typer.Option(
        "--since", help="Look at titles that this snapshot does not have.", show_default="the model's own"
    ),
]


def monitor(
    model: ModelArgument = "champion",
    data: DataOption = "latest",
    since: SinceOption = None,
    json: JsonOption = False,
    home: HomeOption = None,
    settings: SettingsOption = None,
) -> None:
    """Hold the titles that are new since a model was trained against those that it was tried on.

    Their texts, what the model answers, and how far it agrees with their labels. A signal alarms where chance is ruled
    out and the change is large enough to matter. Writes a page and a JSON file.

    Example: `trending monitor champion --data latest`
    """
    from trending.catalog.snapshots import resolve_snapshot
    from trending.models.bundle import load_bundle
    from trending.models.registry import resolve_model
    from trending.monitoring.drift import find_drift
    from trending.monitoring.report import in_a_sentence, write_drift_report
    from trending.monitoring.titles import reference_of, titles_since

    output = open_output(as_json=json, home=home, settings_file=settings)
    chosen = output.settings.monitoring.drift
    snapshot_id = resolve_snapshot(output.settings, data)
    before = resolve_snapshot(output.settings, since) if since else None
    with output.steps() as steps:
        steps("Loading the bundle")
        bundle = load_bundle(resolve_model(output.settings, model).folder)
        reference = reference_of(output.settings, bundle, report=steps)
        window = titles_since(output.settings, bundle, reference, snapshot_id, since=before, report=steps)
        steps("Comparing")
        drift = find_drift(reference.window, window, bundle.model.genres, chosen)
    now = datetime.now(UTC)
    told = {
        "model": f"{bundle.manifest.model} {model}",
        "bundle": bundle.digest,
        "snapshot_id": snapshot_id,
        "since": before or reference.snapshot_id,
        "window": f"the {len(window):,} newest titles since snapshot {before or reference.snapshot_id}",
        "at": now.isoformat(timespec="seconds"),
    }
    folder = output.settings.reports_dir / "monitoring" / f"{bundle.digest[:12]}-{now:%Y%m%dT%H%M%S%f}"
    page = write_drift_report(folder, drift, settings=chosen, told=told)
    if drift.judged:
        output.console.print(_table(drift))
    output.console.print(in_a_sentence(drift))
    output.console.print(f"Report: {page}", soft_wrap=True)
    output.result({**told, "report": str(page), **drift.as_json()})


def _table(drift: Drift) -> Table:
    """The alarms, and the surest of the others."""
    from rich.table import Table

    table = Table(box=None, header_style="bold", pad_edge=False, padding=(0, 2, 0, 0))
    for column in ("signal", "before", "after", "effect", "floor", "p", ""):
        table.add_column(column, justify="left" if column in ("signal", "") else "right")
    for one in drift.signals[: max(8, len(drift.alarms))]:
        verdict = "[red]drift[/red]" if one.alarm else ""
        table.add_row(
            one.name, f"{one.before:.3g}", f"{one.after:.3g}", f"{one.effect:.2f}", f"{one.floor:.2f}",
            f"{one.p_value:.2g}", verdict,
        )  # fmt: skip
    return table
