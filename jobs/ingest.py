"""`trending ingest`: raw catalogues into versioned tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from jobs.console import HomeOption, JsonOption, Output, SettingsOption, open_output

if TYPE_CHECKING:
    from trending.catalog.ingest import IngestResult

SourceOption = Annotated[
    list[str] | None,
    typer.Option(
        "--source",
        "-s",
        help="`sample`, `reviews-package`, `netflix=FILE`, `amazon=FILE`, or `table:MAPPING.yaml[=FILE]`. "
        "May be repeated. Default: `sample`.",
        show_default=False,
    ),
]


def ingest(
    source: SourceOption = None,
    json: JsonOption = False,
    home: HomeOption = None,
    settings: SettingsOption = None,
) -> None:
    """Clean, check, deduplicate and version the titles and reviews of one or more sources.

    Every row is accounted for: rows in = accepted + merged duplicates + quarantined. The same rows again
    change nothing. A failed quality check of severity `error` stops the job before anything is written.

    Example: `trending ingest --source netflix=netflix_titles.csv --source amazon=amazon_prime_titles.csv`
    """
    from trending.catalog.ingest import ingest as run_ingest
    from trending.ray_session import ray_session
    from trending.sources.registry import parse_sources

    output = open_output(as_json=json, home=home, settings_file=settings)
    sources = parse_sources(source or ["sample"])
    with output.steps() as steps:
        steps("Starting Ray")
        with ray_session(output.settings):
            result = run_ingest(sources, output.settings, report=steps)
    print_ingest(output, result)
    output.result(result.as_json())


def print_ingest(output: Output, result: IngestResult) -> None:
    """The figures of an ingest, for a person."""
    figures = result.as_json()
    say = output.console.print
    say(
        f"\n[bold]{figures['rows_in']:,}[/bold] titles in = {figures['accepted']:,} accepted "
        f"+ {figures['merged']:,} merged + {figures['quarantined']:,} quarantined"
    )
    reviews = figures["reviews"]
    if reviews["rows_in"]:
        say(
            f"[bold]{reviews['rows_in']:,}[/bold] reviews in = {reviews['accepted']:,} accepted "
            f"+ {reviews['merged']:,} merged + {reviews['quarantined']:,} quarantined"
        )
    unmapped = figures["unmapped_labels"]
    say(
        f"Genre labels the taxonomy does not know: {', '.join(unmapped) or 'none'}. "
        f"Plots that stated their genre: {figures['leaked_plots']:,}, now masked; a bare keyword match "
        f"scored micro-F1 {figures['keyword_f1']:.3f} before, {figures['keyword_f1_masked']:.3f} after"
    )
    for sentence in figures["failed_checks"]:
        say(f"[yellow]warning:[/yellow] {sentence}")
    changed = figures["changed"]
    what = f"{changed:,} row(s) changed" if changed else "nothing changed"
    say(f"Snapshot [bold]{figures['snapshot_id']}[/bold]: {what}")
    say(f"Data card: {figures['card']}", soft_wrap=True)
