"""`trending generalise`: a kind of model on later titles, and on platforms that it never saw."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from jobs.console import DataOption, HomeOption, JsonOption, SettingsOption, open_output

if TYPE_CHECKING:
    from rich.table import Table

    from trending.training.generalisation import Generalisation, SameTitles

ModelArgument = Annotated[str, typer.Argument(help="`prior`, `keyword`, `linear`, `xgboost` or `bert`.")]
PlatformOption = Annotated[
    list[str] | None,
    typer.Option(
        "--platform",
        help="Leave this platform out; may be given several times.",
        show_default="the largest four",
    ),
]


def generalise(
    model: ModelArgument,
    platform: PlatformOption = None,
    data: DataOption = "latest",
    json: JsonOption = False,
    home: HomeOption = None,
    settings: SettingsOption = None,
) -> None:
    """Train and test a kind of model with the titles held out in other ways than by chance.

    The time split trains on earlier additions and tests on later ones. Without a platform, all its titles are the
    test and none of them is learnt from; on those that the random split tests too, the two models are compared. No
    model is registered.

    Example: `trending generalise xgboost --platform Netflix --platform "Amazon Prime Video"`
    """
    from trending.training.generalisation import generalise as run_generalisation

    output = open_output(as_json=json, home=home, settings_file=settings)
    with output.steps() as steps:
        result = run_generalisation(
            model, output.settings, snapshot=data, platforms=platform or (), report=steps
        )
    output.console.print(_table(result))
    output.console.print(f"Record: {result.report}", soft_wrap=True)
    output.result(result.as_json())


def _table(result: Generalisation) -> Table:
    from rich.table import Table

    table = Table(box=None, header_style="bold", pad_edge=False, title=f"{result.model}, trained and tested")
    table.add_column("held out")
    for head in ("trained on", "tested on"):
        table.add_column(head, justify="right")
    for head in ("micro-F1 [dim](95%)[/dim]", "macro-F1 [dim](95%)[/dim]"):
        table.add_column(head, justify="right", no_wrap=True)
    table.add_column("Δ micro-F1 [dim]to the random split, same titles[/dim]", justify="right", no_wrap=True)
    for one in result.holdouts:
        table.add_row(
            one.name,
            f"{one.train_titles:,}",
            f"{one.test_titles:,}",
            *(_score(one.scores[name], one.ci95[name]) for name in ("micro_f1", "macro_f1")),
            _difference(one.same_titles) if one.same_titles else "",
        )
    return table


def _score(value: float, interval: tuple[float, float]) -> str:
    low, high = interval
    return f"{value:.3f} [dim]{low:.3f}-{high:.3f}[/dim]"


def _difference(same: SameTitles) -> str:
    low, high = same.difference_ci95["micro_f1"]
    points = same.scores["micro_f1"] - same.random_split["micro_f1"]
    return f"{points:+.3f} [dim]{low:+.3f} to {high:+.3f}, {same.titles:,} titles[/dim]"
