"""`trending labels`: the labels that look wrong, out for review and back."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from jobs.console import DataOption, HomeOption, JsonOption, SettingsOption, open_output

if TYPE_CHECKING:
    from rich.table import Table

    from trending.evaluation.label_noise import SuspectList

LimitOption = Annotated[int, typer.Option("--limit", min=1, help="Titles to show and to export.")]
ExportOption = Annotated[
    Path | None,
    typer.Option(
        "--export", help="Write the list as CSV, with a column `corrected` to fill in.", show_default=False
    ),
]
FileArgument = Annotated[
    Path, typer.Argument(help="CSV as exported, with `corrected` filled in where you looked.")
]
NameOption = Annotated[
    str,
    typer.Option(
        "--name", help="Under which the corrections are kept, and named in `train.labels.corrections`."
    ),
]


def app() -> typer.Typer:
    """The commands of `trending labels`."""
    labels = typer.Typer(
        help="Labels that look wrong: list them for review, bring corrections in.", no_args_is_help=True
    )
    labels.command("suspects")(suspects)
    labels.command("import")(import_labels)
    return labels


def suspects(
    limit: LimitOption = 100,
    export: ExportOption = None,
    data: DataOption = "latest",
    json: JsonOption = False,
    home: HomeOption = None,
    settings: SettingsOption = None,
) -> None:
    """Titles whose genres do not fit their text, the worst first (confident learning over linear models).

    Titles that were corrected or confirmed before are left out. Nothing is changed.

    Example: `trending labels suspects --limit 50 --export review.csv`
    """
    from trending.catalog.correction_file import write_review_file
    from trending.evaluation.label_noise import find_suspects

    output = open_output(as_json=json, home=home, settings_file=settings)
    with output.steps() as steps:
        found = find_suspects(output.settings, snapshot=data, report=steps)
    output.console.print(_table(found, limit))
    output.console.print(
        f"{len(found.suspects):,} of {found.titles:,} titles have a label that looks wrong; {found.reviewed:,} more "
        "were reviewed before."
    )
    if export:
        write_review_file(export, [one.as_row() for one in found.suspects[:limit]])
        output.console.print(
            f"Written: {export}. Fill in `corrected`, then `trending labels import {export}`."
        )
    output.result(found.as_json(limit=limit) | {"file": str(export) if export else None})


def import_labels(
    file: FileArgument,
    name: NameOption = "review",
    json: JsonOption = False,
    home: HomeOption = None,
    settings: SettingsOption = None,
) -> None:
    """Bring reviewed labels in, apart from those of the sources: all rows of the file, or none if one is wrong.

    They are used by trainings whose settings name them (`train.labels.corrections`), and by nothing else.

    Example: `trending labels import review.csv`
    """
    from trending.catalog.correction_file import import_review_file

    output = open_output(as_json=json, home=home, settings_file=settings)
    found = import_review_file(output.settings, file, name=name)
    output.console.print(
        f"{found.changed:,} title(s) corrected, {found.confirmed:,} confirmed as {name!r}; {found.left:,} row(s) "
        "left empty."
    )
    if found.version is not None:
        output.console.print(f"Trainings use them with TRENDING_TRAIN__LABELS__CORRECTIONS='[\"{name}\"]'.")
    output.result(asdict(found))


def _table(found: SuspectList, limit: int) -> Table:
    from rich.table import Table

    table = Table(box=None, header_style="bold", pad_edge=False)
    for head in ("score", "title", "split", "genres", "suggested"):
        table.add_column(head, justify="right" if head == "score" else "left")
    for one in found.suspects[:limit]:
        year = f" ({one.release_year})" if one.release_year else ""
        table.add_row(
            f"{one.score:.3f}", one.title + year, one.split, ", ".join(one.genres), ", ".join(one.suggested)
        )
    return table
