"""`trending tune`: better settings of a model, by trying them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from jobs.console import DataOption, HomeOption, JsonOption, Output, SettingsOption, open_output
from jobs.train import TimeSplitOption

if TYPE_CHECKING:
    from tune.search import SearchResult
    from tune.study import Study
    from tune.trials import Trial

TRIALS = 20
SCHEDULER = "hyperband"
SEARCH = "tpe"

ModelArgument = Annotated[str, typer.Argument(help="`xgboost` or `bert`.")]
TrialsOption = Annotated[
    int | None,
    typer.Option(
        "--trials", min=1, help=f"Trials in all, stopped ones too ({TRIALS}; with --resume: as they were)."
    ),
]
SchedulerOption = Annotated[
    str,
    typer.Option(
        "--scheduler",
        help="What stops bad trials: `hyperband`, `asha`, `bohb`, `median`; `none` lets all of them end. `pbt` (of "
        "bert) lets weak trials go on from what strong ones have come to.",
    ),
]
SearchOption = Annotated[
    str,
    typer.Option("--search", help="What proposes values: `tpe` learns from the trials, `random` does not."),
]
ConcurrentOption = Annotated[
    int | None,
    typer.Option("--max-concurrent", min=1, help="Trials at once; never more than the cluster holds."),
]
SeedOption = Annotated[
    int | None, typer.Option("--seed", help="Of the trainings and the proposals (else that of the settings).")
]
ResumeOption = Annotated[
    str | None,
    typer.Option(
        "--resume",
        help="Go on with this study (its name, or the beginning), on its own data and with its own settings.",
    ),
]


def tune(
    model: ModelArgument,
    trials: TrialsOption = None,
    scheduler: SchedulerOption = SCHEDULER,
    search: SearchOption = SEARCH,
    max_concurrent: ConcurrentOption = None,
    data: DataOption = "latest",
    time_split: TimeSplitOption = False,
    seed: SeedOption = None,
    resume: ResumeOption = None,
    json: JsonOption = False,
    home: HomeOption = None,
    settings: SettingsOption = None,
) -> None:
    """Search for better settings of a model, on validation: many trainings, the bad ones stopped early.

    The best settings come out as a file: `trending train MODEL --settings FILE` trains with them. What is
    interrupted goes on with `--resume`: trials that are done are not run again.

    Example: `trending tune xgboost --trials 30 --scheduler hyperband`
    """
    from tune.search import again, begin

    output = open_output(as_json=json, home=home, settings_file=settings)
    if resume:
        study = again(model, output.settings, resume, trials=trials)
    else:
        study = begin(
            model,
            output.settings,
            trials=trials or TRIALS,
            scheduler=scheduler,
            search=search,
            snapshot=data,
            time_split=time_split,
            seed=seed,
        )
    result = run_search(output, study, max_concurrent)
    print_search(output, result)
    output.result(result.as_json())


def run_search(output: Output, study: Study, max_concurrent: int | None) -> SearchResult:
    """The search, with its trials before the eyes of a person. Ctrl-C says how to go on."""
    from jobs.trials_table import TrialsTable
    from trending.ray_session import ray_session
    from tune.search import search

    say = output.console.print
    say(f"Study [bold]{study.name}[/bold]: {study.trials} trials, {study.scheduler}, {study.search}")
    table = TrialsTable(output.console, study)
    try:
        with output.steps() as steps:
            steps("Starting Ray")
            with ray_session(output.settings), table:

                def watch(trial: Trial) -> None:
                    steps.close()  # the trials take the place of the steps
                    table.show(trial)

                return search(
                    study, output.settings, max_concurrent=max_concurrent, report=steps, watch=watch
                )
    except KeyboardInterrupt:
        say(f"\nStopped. To go on: [bold]trending tune {study.model} --resume {study.name}[/bold]")
        raise


def print_search(output: Output, result: SearchResult) -> None:
    """The figures of a search, for a person."""
    figures = result.as_json()
    say = output.console.print
    say(
        f"\n[bold]Best: trial {result.best.number}[/bold], {result.best.value:.5g} on validation; "
        f"{figures['trials']} trials, {figures['stopped_early']} stopped early, {figures['failed']} failed, "
        f"in {figures['seconds']:.0f} s"
    )
    for name, value in result.best.values.items():
        say(f"  {name}: {value:.4g}" if isinstance(value, float) else f"  {name}: {value}")
    say(f"MLflow run {figures['mlflow_run_id']}")
    say(
        f"Train with it: [bold]trending train {result.study.model} --settings {result.study.best_file}[/bold]",
        soft_wrap=True,
    )
