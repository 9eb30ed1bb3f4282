"""`trending capacity`: what a cluster must have, and what it costs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from jobs.console import HomeOption, JsonOption, Output, SettingsOption, open_output

if TYPE_CHECKING:
    from rich.table import Table

    from trending.capacity.model import Capacity, Checked

TitlesOption = Annotated[
    str, typer.Option("--titles", help="Titles in the catalogue: `100M`, `1.8M`, `20k`.")
]
QpsOption = Annotated[
    str, typer.Option("--qps", help="Titles a second that the service classifies at its peak; 0: no service.")
]
HoursOption = Annotated[float, typer.Option("--hours", help="Hours in which each batch stage must be done.")]
ReviewsOption = Annotated[str, typer.Option("--reviews-per-title", help="Reviews of a title.")]
TrainOption = Annotated[
    str | None,
    typer.Option("--train-titles", help="Titles that models learn from.", show_default="the training split"),
]
EfficiencyOption = Annotated[
    float, typer.Option("--efficiency", help="Share of the measured rates that is left on many machines.")
]
UtilisationOption = Annotated[
    float, typer.Option("--utilisation", help="Share of the service's cores that the peak may keep busy.")
]
HitsOption = Annotated[float, typer.Option("--cache-hits", help="Share of requests that are remembered.")]
BertOption = Annotated[
    bool, typer.Option("--bert-on-gpus/--bert-on-cpus", help="Which of the two is counted.")
]
TokensOption = Annotated[
    float | None,
    typer.Option(
        "--llm-tokens-per-s",
        help="Tokens of answers a second of one of your GPUs with your language model. None is on record here.",
        show_default=False,
    ),
]
PricesOption = Annotated[
    Path | None,
    typer.Option("--prices", help="A YAML of your prices.", show_default="list prices as assumed"),
]

COLUMNS = ("stage", "work", "cores", "GPUs", "hours", "cost", "GB stored")


def capacity(
    titles: TitlesOption = "1.8M",
    qps: QpsOption = "0",
    hours: HoursOption = 24.0,
    reviews_per_title: ReviewsOption = "10",
    train_titles: TrainOption = None,
    efficiency: EfficiencyOption = 0.8,
    utilisation: UtilisationOption = 0.6,
    cache_hits: HitsOption = 0.0,
    bert_on_gpus: BertOption = True,
    llm_tokens_per_s: TokensOption = None,
    prices: PricesOption = None,
    json: JsonOption = False,
    home: HomeOption = None,
    settings: SettingsOption = None,
) -> None:
    """Cores, GPUs, hours, storage and money for a catalogue and a load, from rates that were measured.

    What was not measured is named, not guessed. Nothing is started, and nothing read but the rates and prices that ship
    with the package.

    Example: `trending capacity --titles 100M --qps 5000`
    """
    from trending.capacity.demand import Demand
    from trending.capacity.model import capacity as model
    from trending.capacity.rates import load_prices, load_rates
    from trending.capacity.units import parse_amount

    output = open_output(as_json=json, home=home, settings_file=settings)
    demand = Demand(
        titles=parse_amount(titles, "--titles"),
        qps=parse_amount(qps, "--qps"),
        hours=hours,
        reviews_per_title=parse_amount(reviews_per_title, "--reviews-per-title"),
        train_titles=None if train_titles is None else parse_amount(train_titles, "--train-titles"),
        efficiency=efficiency,
        utilisation=utilisation,
        cache_hits=cache_hits,
        bert_on_gpus=bert_on_gpus,
        llm_tokens_per_s=llm_tokens_per_s,
    )
    found = model(demand, load_rates(), load_prices(prices))
    print_capacity(output, found)
    output.result(found.as_json())


def print_capacity(output: Output, found: Capacity) -> None:
    """Table, sums, assumptions, gaps and checks, for a person."""
    from trending.capacity.units import short

    say, prices = output.console.print, found.prices
    say(f"\n[bold]{short(found.demand.titles)} titles, {short(found.demand.qps)} a second at the peak[/bold]")
    say(_stages(found))
    for one in found.stages:
        if one.note:
            say(f"[dim]{one.name}: {one.note}[/dim]", soft_wrap=True)
    say(
        f"\nOnce: [bold]{found.batch_cost:,.0f} {prices.currency}[/bold]. A month of service and storage: "
        f"[bold]{found.monthly_cost:,.0f} {prices.currency}[/bold]. Rows in brackets are other ways, not counted."
    )
    say(f"Prices: {prices.name} ({prices.date}; {prices.source}).", soft_wrap=True)
    for title, lines in (
        ("Assumed", found.assumptions),
        ("Not on record, so not in the table", found.not_on_record),
        ("Checked against what was measured", [_checked(one) for one in found.checks]),
    ):
        say(f"\n{title}", style="bold")
        for line in lines:
            say(f"  - {line}", soft_wrap=True)


def _stages(found: Capacity) -> Table:
    from rich.table import Table

    from trending.capacity.units import short

    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in COLUMNS:
        table.add_column(column, justify="left" if column in ("stage", "work") else "right", no_wrap=True)
    for one in found.stages:
        table.add_row(
            one.name if one.counted else f"({one.name})",
            f"{short(one.work)} {one.unit}",
            f"{one.cores:,}" if one.cores else "",
            f"{one.gpus:,}" if one.gpus else "",
            f"{one.hours:,.1f}",
            f"{one.cost:,.0f}",
            f"{one.storage_gb:,.0f}" if one.storage_gb else "",
        )
    return table


def _checked(one: Checked) -> str:
    verdict = "holds" if one.holds else "does not hold"
    return (
        f"{one.what}: {one.measured_s:g} s measured, {one.predicted_s:.1f} s predicted ({one.off:+.0%}; "
        f"{verdict} within {one.tolerance:.0%})"
    )
