"""`trending models`: the versions of the registry and their stories."""

from __future__ import annotations

from jobs.console import HomeOption, JsonOption, SettingsOption, open_output


def models(json: JsonOption = False, home: HomeOption = None, settings: SettingsOption = None) -> None:
    """List the registered versions: data, code, scores, aliases, and how the gate decided.

    Where a version was blocked, the reasons stand under the table. Where one comes from says `trending lineage`.
    """
    from rich.markup import escape
    from rich.table import Table

    from trending.evaluation.gate.stories import model_stories

    output = open_output(as_json=json, home=home, settings_file=settings)
    found = model_stories(output.settings)
    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in (
        "version",
        "model",
        "aliases",
        "gate",
        "micro-F1",
        "macro-F1",
        "snapshot",
        "code",
        "made",
        "run",
    ):
        table.add_column(column, justify="right" if column.endswith(("F1", "version")) else "left")
    for one in found:
        table.add_row(
            one.version,
            one.model,
            ", ".join(one.aliases),
            one.gate,
            *(f"{one.scores[name]:.3f}" if name in one.scores else "" for name in ("micro_f1", "macro_f1")),
            one.snapshot_id[:12],
            one.code_revision,
            one.created_at[:16].replace("T", " "),
            one.run_id[:8],
        )
    output.console.print(table if found else "No version yet. `trending train linear` makes one.")
    for one in found:
        for reason in one.reasons:
            output.console.print(f"  version {one.version}: {escape(reason)}", soft_wrap=True)
    output.result({"models": [one.as_json() for one in found]})
