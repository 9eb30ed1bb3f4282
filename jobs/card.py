"""`trending card`: the model card of a bundle, from its newest evaluation."""

from __future__ import annotations

from typing import Annotated

import typer

from jobs.console import HomeOption, JsonOption, SettingsOption, open_output

ModelArgument = Annotated[str, typer.Argument(help="Registry alias, version, run id or bundle folder.")]


def card(
    model: ModelArgument = "champion",
    json: JsonOption = False,
    home: HomeOption = None,
    settings: SettingsOption = None,
) -> None:
    """Write the model card of a bundle: Markdown with Hugging Face metadata, and one HTML page that needs nothing else.

    It is made of the newest evaluation of that bundle, lies beside its record, and is added to the bundle's MLflow run.
    What was not measured is left out and said to be.

    Example: `trending card champion`
    """
    from trending.evaluation.card.write import write_card
    from trending.evaluation.stored import newest_record
    from trending.models.bundle import read_manifest
    from trending.models.registry import resolve_model

    output = open_output(as_json=json, home=home, settings_file=settings)
    _, digest = read_manifest(resolve_model(output.settings, model).folder)
    file, record = newest_record(output.settings, digest)
    paths = write_card(output.settings, record, folder=file.parent)
    output.console.print(f"Model card: {paths.html}", soft_wrap=True)
    output.console.print(f"Markdown:   {paths.markdown}", soft_wrap=True)
    output.result(
        {
            "model": record.subject.model,
            "digest": digest,
            "record": str(file),
            "evaluated_at": record.created_at,
            "markdown": str(paths.markdown),
            "html": str(paths.html),
        }
    )
