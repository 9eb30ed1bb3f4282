"""`trending evaluate`: bundles on the untouched test split, side by side."""

from __future__ import annotations

from typing import Annotated

import typer

from jobs.console import DataOption, HomeOption, JsonOption, SettingsOption, open_output

ModelsArgument = Annotated[
    list[str],
    typer.Argument(help="Registry alias, version, run id or bundle folder; the first is the subject."),
]


def evaluate(
    models: ModelsArgument,
    data: DataOption = "latest",
    json: JsonOption = False,
    home: HomeOption = None,
    settings: SettingsOption = None,
) -> None:
    """Score one or more models on the same test titles, with bootstrap 95% intervals.

    With several models, the table adds each model's difference from the last one, paired title by title.

    Example: `trending evaluate champion 2 1`
    """
    from trending.evaluation.evaluate import evaluate as run_evaluation
    from trending.evaluation.report import comparison_table

    output = open_output(as_json=json, home=home, settings_file=settings)
    with output.steps() as steps:
        result = run_evaluation(output.settings, models, snapshot=data, report=steps)
    output.console.print(comparison_table(result))
    output.console.print(f"Report: {result.report}", soft_wrap=True)
    output.result(result.as_json())
