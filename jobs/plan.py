"""`trending plan`: what a job would ask of the cluster, and whether it can have it, before anything starts."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from jobs.config import ProfileOption
from jobs.console import HomeOption, JsonOption, Output, SettingsOption

if TYPE_CHECKING:
    from rich.table import Table

    from trending.planning.ask import Ask, Step
    from trending.planning.cluster import Cluster
    from trending.planning.fit import Verdict
    from trending.settings import Settings

JobArgument = Annotated[
    str, typer.Argument(help="`ingest`, `train`, `tune`, `evaluate`, `enrich` or `serve`.")
]
ModelArgument = Annotated[
    str | None,
    typer.Argument(help="Of `train` and `tune`: the model, as in `trending train`.", show_default=False),
]
DOES_NOT_FIT = 1
"""Exit code of a plan that the cluster has no room for."""


def plan(
    job: JobArgument,
    model: ModelArgument = None,
    profile: ProfileOption = None,
    json: JsonOption = False,
    home: HomeOption = None,
    settings: SettingsOption = None,
) -> None:
    """What a job would ask of the cluster: workers, CPUs, GPUs, memory, placement. Nothing is started or read.

    It is held against the cluster at RAY_ADDRESS with what its autoscaler may add, else against the pools of the
    profile, else against this machine. Ends with 1 where what the job needs to begin has no room.

    Example: `trending plan train bert --profile prod`
    """
    from jobs.plan_steps import steps_of
    from trending.planning.fit import judge
    from trending.settings import load_settings

    output = Output(as_json=json, settings=load_settings(settings, profile=profile, home=home))
    cluster = find_cluster(output.settings, job)
    steps = steps_of(job, model, output.settings, cluster)
    verdicts = [judge(step, cluster) for step in steps]
    word = f"{job} {model}" if model else job
    print_plan(output, word, cluster, steps, verdicts)
    output.result(as_json(output.settings, word, cluster, steps, verdicts))
    if any(verdict.refusals for verdict in verdicts):
        raise typer.Exit(DOES_NOT_FIT)


def find_cluster(settings: Settings, job: str) -> Cluster:
    """The one at RAY_ADDRESS, else what the settings declare."""
    from trending.planning.cluster import declared_cluster, running_cluster
    from trending.ray_session import ray_session

    if not os.environ.get("RAY_ADDRESS"):
        return declared_cluster(settings, "service" if job == "serve" else "jobs")
    with ray_session(settings):
        return running_cluster()


def print_plan(
    output: Output, word: str, cluster: Cluster, steps: Sequence[Step], verdicts: Sequence[Verdict]
) -> None:
    """Tables of what is asked and of what there is, and the verdict, for a person."""
    from rich.markup import escape

    say = output.console.print
    of = f", profile {output.settings.profile}" if output.settings.profile else ""
    say(f"\n[bold]{word}[/bold]{of}\n")
    if not steps:
        say("It asks nothing of the cluster: it runs in the process of the job.")
        return
    say(asked_table(steps, verdicts))
    say(f"\n[bold]Cluster[/bold]: {escape(cluster.name)}\n")
    say(cluster_table(cluster))
    refusals = [one for verdict in verdicts for one in verdict.refusals]
    say("\n[bold red]Does not fit.[/bold red]" if refusals else "\n[bold green]Fits.[/bold green]")
    for one in refusals:
        say(f"  [red]{escape(one)}[/red]", soft_wrap=True)


def asked_table(steps: Sequence[Step], verdicts: Sequence[Verdict]) -> Table:
    """One row an ask, and of each step what it comes to."""
    from trending.planning.ask import totals

    table = _table(
        "step", "what", right=("number", "room for", "CPUs", "GPUs", "GiB"), last=("GPU", "placement")
    )
    for step, verdict in zip(steps, verdicts, strict=True):
        for number, (ask, placed) in enumerate(zip(step.asks, verdict.placed, strict=True)):
            table.add_row(
                "" if number else step.name,
                ask.what,
                number_of(ask),
                str(placed),
                *(_figure(one) for one in (ask.cpus, ask.gpus, ask.memory_gib)),
                ask.accelerator_type or ("any" if ask.gpus else ""),
                ask.placement or "one by one",
            )
        for name, least in (("to begin", True), ("at the most", False)):
            total = totals(step, least=least)
            figures = (_figure(one) for one in (total.cpus, total.gpus, total.memory_gib))
            table.add_row("", f"[dim]{name}[/dim]", "", "", *figures, "", "", end_section=not least)
    return table


def cluster_table(cluster: Cluster) -> Table:
    """One row a kind of nodes, and what all of them come to at their most."""
    table = _table("nodes", right=("number", "CPUs", "GPUs", "GiB"), last=("GPU",))
    for pool in cluster.pools:
        number = _span(pool.min_nodes, pool.max_nodes)
        figures = (_figure(one) for one in (pool.cpus, pool.gpus, pool.memory_gib))
        table.add_row(pool.name, number, *figures, pool.accelerator_type or "")
    figures = (_figure(one) for one in at_its_largest(cluster).values())
    table.add_row("[dim]at its largest[/dim]", "", *figures, "")
    return table


def at_its_largest(cluster: Cluster) -> dict[str, float]:
    """Sums over all nodes that there may be."""
    pools = cluster.pools
    return {
        "cpus": sum(pool.cpus * pool.max_nodes for pool in pools),
        "gpus": sum(pool.gpus * pool.max_nodes for pool in pools),
        "memory_gib": sum(pool.memory_gib * pool.max_nodes for pool in pools),
    }


def number_of(ask: Ask) -> str:
    """`2`, `1-8`, or `1 or more`."""
    return f"{ask.least} or more" if ask.most is None else _span(ask.least, ask.most)


def as_json(
    settings: Settings, word: str, cluster: Cluster, steps: Sequence[Step], verdicts: Sequence[Verdict]
) -> dict[str, Any]:
    """The plan, for a machine. Figures of an ask are those of one of it."""
    from dataclasses import asdict

    from trending.planning.ask import totals

    return {
        "job": word,
        "profile": settings.profile,
        "fits": not any(verdict.refusals for verdict in verdicts),
        "refusals": [one for verdict in verdicts for one in verdict.refusals],
        "steps": [
            {
                "name": step.name,
                "asks": [
                    asdict(ask) | {"room_for": placed}
                    for ask, placed in zip(step.asks, verdict.placed, strict=True)
                ],
                "to_begin": asdict(totals(step, least=True)),
                "at_most": asdict(totals(step)),
            }
            for step, verdict in zip(steps, verdicts, strict=True)
        ],
        "cluster": {
            "name": cluster.name,
            "pools": [pool.model_dump() for pool in cluster.pools],
            "at_its_largest": at_its_largest(cluster),
        },
    }


def _table(*left: str, right: Sequence[str], last: Sequence[str]) -> Table:
    from rich.table import Table

    table = Table(box=None, header_style="bold", pad_edge=False)
    for name in (*left, *right, *last):
        table.add_column(name, justify="right" if name in right else "left", no_wrap=name in right)
    return table


def _span(least: int, most: int) -> str:
    return str(most) if least == most else f"{least}-{most}"


def _figure(amount: float | None) -> str:
    return f"{amount:,.4g}" if amount else "-"
