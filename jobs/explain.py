"""`trending explain`: the words that moved each genre of a title."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from jobs.console import DataOption, HomeOption, JsonOption, Output, SettingsOption, open_output

if TYPE_CHECKING:
    from rich.table import Table

    from trending.evaluation.explanations import Effect, Explanation, GenreExplanation
    from trending.models.bundle import Bundle

ModelArgument = Annotated[
    str, typer.Argument(help="Registry alias, version, run id or bundle folder.", show_default=False)
]
TitleIdOption = Annotated[
    str | None, typer.Option("--title-id", help="Id of a title, or its beginning.", show_default=False)
]
PlotOption = Annotated[str | None, typer.Option("--plot", help="A plot in plain text.", show_default=False)]
TitleOption = Annotated[str, typer.Option("--title", help="Title of the work that the plot is of.")]
GenreOption = Annotated[
    list[str] | None,
    typer.Option("--genre", help="Explain this genre, assigned or not; may be repeated.", show_default=False),
]
MethodOption = Annotated[
    str | None,
    typer.Option(
        "--method",
        help="`occlusion` (any model) or `terms` (linear, xgboost). Default: `terms` for linear, else occlusion.",
        show_default=False,
    ),
]
TopOption = Annotated[int, typer.Option("--top", min=1, help="Words for each genre.")]


def explain(
    model: ModelArgument,
    title_id: TitleIdOption = None,
    plot: PlotOption = None,
    title: TitleOption = "",
    genre: GenreOption = None,
    method: MethodOption = None,
    top: TopOption = 8,
    data: DataOption = "latest",
    json: JsonOption = False,
    home: HomeOption = None,
    settings: SettingsOption = None,
) -> None:
    """The words and sentences for and against each genre that a model gives a title.

    The title is one of the snapshot (`--title-id`), or a text of your own (`--plot`). The effect of a word is the
    fall of the probability without it (`occlusion`), or what it adds to the log-odds (`terms`).

    Example: `trending explain champion --plot "A sheriff rides into a dusty town to face a gang of outlaws."`
    """
    from trending.evaluation.explanations import explain as run_explanation
    from trending.models.bundle import load_bundle
    from trending.models.registry import resolve_model

    if (title_id is None) == (plot is None):
        raise typer.BadParameter("Give one of --title-id and --plot.")
    if method not in (None, "occlusion", "terms"):
        raise typer.BadParameter(f"--method {method}: there are occlusion and terms.")
    output = open_output(as_json=json, home=home, settings_file=settings)
    with output.steps() as steps:
        steps("Loading the bundle")
        bundle = load_bundle(resolve_model(output.settings, model).folder)
        found_id, document = _document(output, bundle, data, title_id=title_id, title=title, plot=plot or "")
        steps("Asking without each word")
        found = run_explanation(bundle, document, method=method, genres=genre or (), top=top)
    output.console.print(document, style="dim", soft_wrap=True, markup=False)
    output.console.print(_table(found))
    output.result(
        {
            "model": bundle.manifest.model,
            "bundle": bundle.digest,
            "title_id": found_id,
            "document": document,
            **found.as_json(),
        }
    )


def _document(
    output: Output, bundle: Bundle, data: str, *, title_id: str | None, title: str, plot: str
) -> tuple[str | None, str]:
    """Id, where there is one, and document, with as many reviews as the bundle was trained on."""
    from trending.catalog.snapshots import resolve_snapshot
    from trending.catalog.text import clean_plot
    from trending.features.document import make_document
    from trending.features.documents import find_document

    if title_id is None:
        return None, make_document(clean_plot(title), clean_plot(plot), max_reviews=0)
    snapshot = resolve_snapshot(output.settings, data)
    return find_document(output.settings, snapshot, title_id, max_reviews=bundle.manifest.max_reviews)


def _table(found: Explanation) -> Table:
    """A line a genre: words for it, words against it, the sentence that says the most."""
    from rich.table import Table

    table = Table(box=None, header_style="bold", pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("genre", no_wrap=True)
    table.add_column("probability", justify="right")
    unit = found.unit.replace("_", "-")
    table.add_column(f"for it [dim]({unit})[/dim]")
    table.add_column("against it")
    table.add_column("strongest sentence [dim](probability)[/dim]", overflow="fold", ratio=1)
    for one in found.genres:
        words_for = [word for word in one.words if word.effect > 0]
        words_against = [word for word in one.words if word.effect < 0]
        table.add_row(
            one.genre, _probability(one), _words(words_for), _words(words_against), _words(one.sentences[:1])
        )
    return table


def _probability(one: GenreExplanation) -> str:
    mark = "≥" if one.assigned else "<"
    return f"{one.probability:.2f} [dim]{mark} {one.threshold:.2f}[/dim]"


def _words(effects: tuple[Effect, ...] | list[Effect]) -> str:
    from rich.markup import escape

    return "\n".join(f"{escape(word.text)} [dim]{word.effect:+.3f}[/dim]" for word in effects)
