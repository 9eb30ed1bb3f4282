"""`trending demo`: the whole way, from raw rows to a served model."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from jobs.console import HomeOption, JsonOption, Output, SettingsOption, Steps, open_output
from jobs.ingest import print_ingest

if TYPE_CHECKING:
    from trending.settings import Settings

MODELS = ("prior", "keyword", "linear", "xgboost", "bert")
SAMPLE_SETTINGS = Path("small")
FolderOption = Annotated[
    Path | None,
    typer.Option(
        "--data", help="Folder with netflix_titles.csv and amazon_prime_titles.csv instead of the sample."
    ),
]


def demo(
    data: FolderOption = None,
    json: JsonOption = False,
    home: HomeOption = None,
    settings: SettingsOption = None,
) -> None:
    """Ingest, train five models, compare them, register the best, serve it and classify three plots.

    On the sample the settings are `small` where none are given. With `--data`, fine-tuning takes some forty minutes.
    """
    from trending.ray_session import ray_session

    chosen = settings or (None if data else SAMPLE_SETTINGS)
    output = open_output(as_json=json, home=home, settings_file=chosen)
    with output.steps() as steps:
        steps("Starting Ray")
        with ray_session(output.settings):
            payload = run_demo(output, steps, data)
    output.result(payload)


def run_demo(output: Output, steps: Steps, folder: Path | None) -> dict[str, Any]:
    """The demo's steps on a running Ray; returns its figures."""
    from trending.catalog.ingest import ingest
    from trending.evaluation.evaluate import evaluate
    from trending.evaluation.report import comparison_table
    from trending.models.registry import set_alias
    from trending.sources.registry import catalogues_in, parse_source
    from trending.training.train import train

    settings = output.settings
    sources = catalogues_in(folder) if folder else [parse_source("sample")]
    ingested = ingest(sources, settings, report=steps)
    trained = {name: train(name, settings, report=steps) for name in MODELS}
    result = evaluate(settings, [t.run_id for t in reversed(trained.values())], report=steps)
    best = max(trained.values(), key=lambda t: t.validation["macro_f1"])
    set_alias(settings, best.version, "champion")
    steps(f"Serving {best.model}")
    answers = classify_three(settings)
    steps.close()

    say = output.console.print
    print_ingest(output, ingested)
    say("\nModels on the untouched test split", style="bold")
    say(comparison_table(result))
    say(f"\nChampion by validation macro-F1: [bold]{best.model}[/bold], served. Three plots it never saw:\n")
    for line in answers:
        print_answer(output, line)
    say(f"Report: {result.report}", soft_wrap=True)
    say("Next: [bold]trending serve[/bold], [bold]trending runs[/bold], [bold]trending data show[/bold]")
    return {
        "ingest": ingested.as_json(),
        "train": {name: one.as_json() for name, one in trained.items()},
        "evaluate": result.as_json(),
        "champion": best.model,
        "classified": answers,
    }


def classify_three(settings: Settings) -> list[dict[str, Any]]:
    """Three test titles sent through the served champion, with the answer beside the catalogue's genres."""
    import httpx

    from serve_app.app import running_app
    from trending.catalog.tables import Tables

    columns = ["title", "release_year", "plot", "genres", "split", "title_id"]
    rows = [
        r for r in Tables(settings).read_arrow("titles", columns=columns).to_pylist() if r["split"] == "test"
    ]
    chosen = sorted((r for r in rows if len(r["genres"]) > 1), key=lambda r: r["title_id"])[:3]
    with running_app(settings) as address:
        body = {"titles": [{"title": r["title"], "plot": r["plot"]} for r in chosen]}
        reply = httpx.post(f"{address}/v1/genres", json=body, timeout=60).raise_for_status().json()
    return [
        {
            "title": row["title"],
            "year": row["release_year"],
            "plot": row["plot"],
            "catalogue": row["genres"],
            "answer": found["genres"],
        }
        for row, found in zip(chosen, reply["results"], strict=True)
    ]


def print_answer(output: Output, line: dict[str, Any]) -> None:
    """One classified plot, for a person."""
    say = output.console.print
    found = (
        ", ".join(f"{g['genre']} {g['probability']:.0%}" for g in line["answer"])
        or "none above its threshold"
    )
    say(f"  [bold]{line['title']}[/bold] ({line['year']})")
    say(f"  [dim]{line['plot']}[/dim]")
    say(f"  catalogue: {', '.join(line['catalogue'])}\n  answer:    [green]{found}[/green]\n")
