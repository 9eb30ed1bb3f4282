"""`trending trust`: learn on validation titles how far the language model's word on genres counts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from jobs.console import DataOption, HomeOption, JsonOption, SettingsOption, open_output
from jobs.enrich import ModelOption

if TYPE_CHECKING:
    from rich.table import Table

    from trending.enrichment.second_opinions import TrustResult

TitlesOption = Annotated[
    int | None,
    typer.Option("--titles", min=1, help="Ask about so many validation titles.", show_default="all"),
]


def trust(
    titles: TitlesOption = None,
    data: DataOption = "latest",
    model: ModelOption = None,
    json: JsonOption = False,
    home: HomeOption = None,
    settings: SettingsOption = None,
) -> None:
    """Ask classifier and language model about the same titles, and keep the rule that says whom to trust.

    The language model is trusted only as far as it makes the genres of titles better that the rule was not learnt on,
    clear of chance. The rule holds for this pair of models alone.

    Example: `trending trust --titles 60`
    """
    from trending.enrichment.second_opinions import learn_trust_of
    from trending.llm.vllm_app import running_vllm

    output = open_output(as_json=json, home=home, settings_file=settings)
    with output.steps() as steps, running_vllm(output.settings):
        result = learn_trust_of(output.settings, titles=titles, snapshot=data, model=model, report=steps)
    output.console.print(_judged(result))
    for line in _lines(result):
        output.console.print(line, soft_wrap=True)
    output.result(result.as_json())


def _judged(result: TrustResult) -> Table:
    from rich.table import Table

    table = Table(box=None, header_style="bold", pad_edge=False)
    table.add_column("genres by")
    for head in ("macro-F1", "micro-F1"):
        table.add_column(f"{head} [dim](95%)[/dim]", justify="right", no_wrap=True)
    table.add_column("Δ macro-F1 [dim]vs classifier[/dim]", justify="right", no_wrap=True)
    base = result.learnt.judged[0]
    for one in result.learnt.judged:
        gain = "-"
        if one.gain_ci95:
            low, high = one.gain_ci95
            gain = f"{one.macro_f1 - base.macro_f1:+.3f} [dim]{low:+.3f} to {high:+.3f}[/dim]"
        table.add_row(
            one.name,
            *(
                f"{score:.3f} [dim]{low:.3f}-{high:.3f}[/dim]"
                for score, (low, high) in (
                    (one.macro_f1, one.macro_f1_ci95),
                    (one.micro_f1, one.micro_f1_ci95),
                )
            ),
            gain,
        )
    return table


def _lines(result: TrustResult) -> list[str]:
    rule = result.learnt.trust
    lines = [
        f"Its most likely genre {name}: true for {one.hits:.0%} of {rule.titles:,} titles; the first of the list for "
        f"{one.first_of_list:.0%}; most often {one.favourite} ({one.favourite_share:.0%})."
        for name, one in (("as it is", result.uncalibrated), ("calibrated", result.calibrated))
    ]
    lines.append(f"Always the most frequent genre: true for {result.always_most_frequent:.0%}.")
    because = "its gain is clear of chance" if rule.weight else "its gain is not clear of chance"
    lines.append(
        f"Weight of the language model: {rule.weight:g} ({because}; best on these titles: {rule.best_weight:g})."
    )
    return [*lines, f"Rule: {result.file}"]
