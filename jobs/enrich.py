"""`trending enrich`: genres, summaries, vibe scores and tags for the titles of a snapshot that are new or changed."""

from __future__ import annotations

from typing import Annotated

import typer

from jobs.console import DataOption, HomeOption, JsonOption, SettingsOption, open_output

TitlesOption = Annotated[
    int | None,
    typer.Option("--titles", min=1, help="Enrich so many at the most.", show_default="all that are due"),
]
AllOption = Annotated[bool, typer.Option("--all", help="Enrich also what has not changed.")]
ModelOption = Annotated[
    str | None,
    typer.Option(
        "--model",
        help="The classifier: alias, version, run id or bundle folder.",
        show_default="that of the service",
    ),
]


def enrich(
    titles: TitlesOption = None,
    data: DataOption = "latest",
    everything: AllOption = False,
    model: ModelOption = None,
    json: JsonOption = False,
    home: HomeOption = None,
    settings: SettingsOption = None,
) -> None:
    """Enrich new and changed titles with the language model of the settings, and write a report.

    Can be stopped at any time and run again: it goes on where it stopped. When the day's budget is spent, it ends.
    TRENDING_LLM__ENGINE=none does without a language model.

    Example: `trending enrich --titles 30`
    """
    from trending.enrichment.batch import enrich_titles
    from trending.enrichment.report import rung_table
    from trending.llm.vllm_app import running_vllm

    output = open_output(as_json=json, home=home, settings_file=settings)
    with output.steps() as steps, running_vllm(output.settings):
        result = enrich_titles(
            output.settings, snapshot=data, limit=titles, everything=everything, model=model, report=steps
        )
    output.console.print(result.told)
    if result.figures.titles:
        output.console.print(rung_table(result.figures))
    output.console.print(f"Report: {result.report}", soft_wrap=True)
    output.result(result.as_json())
