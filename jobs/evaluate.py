"""`trending evaluate`: bundles on the untouched test split, side by side."""

from __future__ import annotations

from typing import Annotated

import typer

from jobs.console import DataOption, HomeOption, JsonOption, SettingsOption, open_output

ModelsArgument = Annotated[
    list[str],
    typer.Argument(help="Registry alias, version, run id or bundle folder; the first is the subject."),
]
SliceOption = Annotated[
    list[str] | None,
    typer.Option(
        "--slice",
        help="One more slice, a condition: `decade < 1980 and kind == 'movie'`. May be given several times.",
    ),
]
FullOption = Annotated[
    bool,
    typer.Option("--full/--quick", help="Robustness, explanations and the cost of serving too: minutes."),
]


def evaluate(
    models: ModelsArgument,
    data: DataOption = "latest",
    slices: SliceOption = None,
    full: FullOption = False,
    json: JsonOption = False,
    home: HomeOption = None,
    settings: SettingsOption = None,
) -> None:
    """Score one or more models on the same test titles, with bootstrap 95% intervals, and find their worst slices.

    With several models, the table adds each model's difference from the last one, paired title by title. A record of
    everything that was found out is written for each model.

    Example: `trending evaluate champion 2 1 --slice "country == 'India' and release_year < 2010"`
    """
    from trending.evaluation.evaluate import evaluate as run_evaluation
    from trending.evaluation.report import comparison_table, slices_table

    output = open_output(as_json=json, home=home, settings_file=settings)
    with output.steps() as steps:
        result = run_evaluation(
            output.settings, models, snapshot=data, expressions=slices or (), full=full, report=steps
        )
    output.console.print(comparison_table(result))
    for one in result.models:
        output.console.print(slices_table(one.record))
    output.console.print(f"Report: {result.report}", soft_wrap=True)
    for one in result.models:
        output.console.print(f"Record of {one.model}: {one.record_file}", soft_wrap=True)
    output.result(result.as_json())
