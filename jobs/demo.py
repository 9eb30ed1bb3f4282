"""`trending demo`: the whole way, from raw rows to the service and its page."""

from __future__ import annotations

import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from jobs.console import HomeOption, JsonOption, Output, SettingsOption, Steps, open_output
from jobs.ingest import print_ingest
from jobs.promote import print_decision
from jobs.serve import tell, wait_until_stopped

if TYPE_CHECKING:
    from trending.evaluation.gate.decision import Decision
    from trending.settings import Settings

MODELS = ("prior", "keyword", "linear", "xgboost", "bert")
FIRST_CHAMPION = "linear"
"""Appointed where there is no champion: what the best of the others must beat."""
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
    """Ingest, train five models, compare them, judge the best at the gate, serve the champion, classify three plots and
    enrich one.

    From a terminal the service then stays until Ctrl-C; otherwise the demo ends. On the sample the settings are
    `small` where none are given. With `--data`, fine-tuning takes some forty minutes.
    """
    from serve_app.environment import prepare_environment

    chosen = settings or (None if data else SAMPLE_SETTINGS)
    output = open_output(as_json=json, home=home, settings_file=chosen)
    environment = prepare_environment(output.settings)
    from trending.ray_session import ray_session

    with output.steps() as steps:
        steps("Starting Ray")
        with ray_session(output.settings, environment=environment):
            run_demo(output, steps, data, stay=not json and sys.stdout.isatty())


def run_demo(output: Output, steps: Steps, folder: Path | None, *, stay: bool) -> None:
    """The demo's steps on a running Ray; its figures are the job's result. `stay`: serve until Ctrl-C."""
    from serve_app.app import running_app
    from trending.catalog.ingest import ingest
    from trending.evaluation.evaluate import evaluate
    from trending.evaluation.report import comparison_table
    from trending.sources.registry import catalogues_in, parse_source
    from trending.training.train import train

    settings = output.settings = on_a_free_port(output.settings)
    sources = catalogues_in(folder) if folder else [parse_source("sample")]
    ingested = ingest(sources, settings, report=steps)
    trained = {name: train(name, settings, report=steps) for name in MODELS}
    result = evaluate(settings, [t.run_id for t in reversed(trained.values())], report=steps)
    others = [one for name, one in trained.items() if name != FIRST_CHAMPION]
    best = max(others, key=lambda t: t.validation["macro_f1"])
    decision = through_the_gate(settings, best.version, first=trained[FIRST_CHAMPION].version, steps=steps)
    champion = (best if decision.outcome == "promoted" else decision.champion or best).model
    steps(f"Starting the service with {champion}")
    with running_app(settings) as address:
        steps("Asking for three plots and an enrichment")
        answers = ask(settings, address)
        steps.close()

        say = output.console.print
        print_ingest(output, ingested)
        say("\nModels on the untouched test split", style="bold")
        say(comparison_table(result))
        print_decision(output, decision)
        say(f"\nChampion: [bold]{champion}[/bold], served. Three plots it never saw:\n")
        for line in answers["classified"]:
            print_answer(output, line)
        print_enrichment(output, answers["enriched"])
        say(f"Report: {result.report}", soft_wrap=True)
        say("Next: [bold]trending serve[/bold], [bold]trending runs[/bold], [bold]trending data show[/bold]")
        tell(output, address, stays=stay)
        output.result(
            {
                "ingest": ingested.as_json(),
                "train": {name: one.as_json() for name, one in trained.items()},
                "evaluate": result.as_json(),
                "gate": decision.as_json(),
                "champion": champion,
                "address": address,
                **answers,
            }
        )
        if stay:
            wait_until_stopped()


def through_the_gate(settings: Settings, version: str, *, first: str, steps: Steps) -> Decision:
    """Judge the version beside the champion; where there is none, `first` is appointed before."""
    from trending.errors import GateError
    from trending.evaluation.gate.champion import appoint
    from trending.evaluation.gate.promotion import promote

    with suppress(GateError):  # the champion of an earlier demo in this home stays
        appoint(settings, first)
    return promote(settings, version, report=steps)


def on_a_free_port(settings: Settings) -> Settings:
    """The settings, on another port where theirs is taken: nobody should hear of it after minutes of training."""
    import socket

    from serve_app.app import check_address
    from trending.errors import ServiceError
    from trending.settings import changed

    try:
        check_address(settings)
    except ServiceError:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        return changed(settings, {"serve": {"host": "127.0.0.1", "port": port}})
    return settings


def ask(settings: Settings, address: str) -> dict[str, Any]:
    """Three test titles classified, beside the catalogue's genres; and the first of them enriched."""
    import httpx

    from trending.catalog.tables import Tables

    columns = ["title", "release_year", "plot", "genres", "split", "title_id"]
    rows = [
        r for r in Tables(settings).read_arrow("titles", columns=columns).to_pylist() if r["split"] == "test"
    ]
    chosen = sorted((r for r in rows if len(r["genres"]) > 1), key=lambda r: r["title_id"])[:3]
    with httpx.Client(base_url=address, timeout=300) as client:
        body = {"titles": [{"title": r["title"], "plot": r["plot"]} for r in chosen]}
        found = client.post("/v1/genres", json=body).raise_for_status().json()["results"]
        enriched = (
            client.post("/v1/enrich", json={"title_id": chosen[0]["title_id"]}).raise_for_status().json()
        )
    classified = [
        {
            "title": row["title"],
            "year": row["release_year"],
            "plot": row["plot"],
            "catalogue": row["genres"],
            "answer": answer["genres"],
        }
        for row, answer in zip(chosen, found, strict=True)
    ]
    return {"classified": classified, "enriched": enriched}


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


def print_enrichment(output: Output, found: dict[str, Any]) -> None:
    """One enriched title, for a person, with the rung that each part stands on."""
    say = output.console.print
    say(f"What its reviews say of [bold]{found['title']}[/bold]:")
    say(f"  summary ({found['summary_rung']}): {found['summary'] or 'there are no reviews'}")
    say(f"  vibe score ({found['score_basis']}): {found['vibe_score']} of 10")
    say(f"  vibe tags ({found['tag_rung']}): {', '.join(found['vibe_tags']) or 'none'}\n")
