"""What `trending train bert` does instead of training when it is asked what is wrong."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.table import Table

from jobs.console import Output
from trending.errors import TrainingError

if TYPE_CHECKING:
    from trending.training.bert.trainer import Prepared

OVERFIT_BATCH, FIND_LR = "overfit-batch", "find-lr"
SHOWN = 12


def diagnose(output: Output, what: str, *, snapshot: str) -> dict[str, Any]:
    """Run one check on the titles of a snapshot, print what it found, return it."""
    from trending.ray_session import ray_session
    from trending.training.bert.diagnostics import find_rate, overfit_batch

    settings = output.settings
    folder = settings.ray_results_dir / f"{what}-{datetime.now(UTC):%Y%m%dT%H%M%S%f}"
    with output.steps() as steps:
        steps("Reading documents")
        prepared = _prepared(output, snapshot)
        steps("Starting Ray")
        with ray_session(settings):
            if what == OVERFIT_BATCH:
                steps("Learning one batch by heart")
                check = overfit_batch(prepared, settings.train, folder)
                steps.close()
                return _print_overfit(output, check.losses, passed=check.passed)
            steps("Trying one learning rate after the other")
            search = find_rate(prepared, settings.train, folder)
            steps.close()
    return _print_rates(output, search)


def replay_batch(output: Output, folder: Path) -> dict[str, Any]:
    """Run the kept batch of a stopped training again, and say where the number is lost."""
    from trending.features.encoders import encoder_folder
    from trending.models.bert_network import new_network
    from trending.training.bert.non_finite import genres_of, replay

    bert = output.settings.train.bert
    network = new_network(encoder_folder(bert.model), genres=genres_of(folder), dropout=bert.dropout)
    found = replay(folder, network)
    say = output.console.print
    say(f"Step {found.step + 1}, {len(found.losses)} titles. Their losses, by row of the training split:")
    for row, loss in sorted(found.losses.items()):
        say(f"  {row:>8}  {loss:.4g}")
    if found.first_module:
        say(f"The first module whose output is not finite: [bold]{found.first_module}[/bold]")
    else:
        say("Every module's output is finite here: the fault is in the loss, or in bfloat16 alone.")
    return {"step": found.step, "losses": found.losses, "first_module": found.first_module}


def _prepared(output: Output, snapshot: str) -> Prepared:
    from trending.catalog.snapshots import resolve_snapshot
    from trending.features.documents import load_documents
    from trending.training.bert.trainer import prepare

    settings = output.settings
    documents = load_documents(settings, resolve_snapshot(settings, snapshot))
    if not len(documents.subset("train").documents):
        raise TrainingError("The snapshot has no training title. Ingest more titles.")
    return prepare(documents, settings.train)


def _print_overfit(output: Output, losses: list[float], *, passed: bool) -> dict[str, Any]:
    verdict = (
        "[green]passed[/green]: the network can learn this batch by heart"
        if passed
        else "[red]failed[/red]: not even one batch is learnt; look at the rate (--find-lr) and at the labels"
    )
    output.console.print(f"Loss {losses[0]:.4f} → {losses[-1]:.4f} in {len(losses)} steps. {verdict}")
    return {"check": OVERFIT_BATCH, "passed": passed, "steps": len(losses), "losses": losses}


def _print_rates(output: Output, search: Any) -> dict[str, Any]:
    from trending.training.bert.diagnostics import rate_figure

    table = Table(box=None, header_style="bold", pad_edge=False)
    table.add_column("learning rate", justify="right")
    table.add_column("smoothed loss", justify="right")
    every = max(1, len(search.rates) // SHOWN)
    for rate, loss in list(zip(search.rates, search.losses, strict=True))[::every]:
        table.add_row(f"{rate:.1e}", f"{loss:.4f}")
    path = output.settings.reports_dir / f"learning-rate-{datetime.now(UTC):%Y%m%dT%H%M%S}.png"
    path.parent.mkdir(parents=True, exist_ok=True)
    rate_figure(search).savefig(path)
    output.console.print(table)
    output.console.print(f"Suggested peak rate of the top layer: [bold]{search.suggested:.1e}[/bold]")
    output.console.print(f"Curve: {path}", soft_wrap=True)
    return {"check": FIND_LR, **search.as_json(), "figure": str(path)}
