"""`trending cluster`: several Ray nodes on this machine."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Annotated, Any

import typer

from jobs.console import HomeOption, JsonOption, Output, SettingsOption, open_output

if TYPE_CHECKING:
    from cluster.local import LocalCluster

CpusOption = Annotated[int, typer.Option("--cpus", min=1, help="Logical CPUs of each node.")]


def app() -> typer.Typer:
    """The commands of `trending cluster`."""
    cluster = typer.Typer(
        help="A Ray cluster of several nodes on this machine: what a job does on a cluster, tried without one.",
        no_args_is_help=True,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    for name, command in (
        ("up", up),
        ("autoscale", autoscale),
        ("status", status),
        ("env", env),
        ("down", down),
    ):
        cluster.command(name)(command)
    return cluster


def up(
    nodes: Annotated[int, typer.Option("--nodes", min=1, help="The head and its workers.")] = 3,
    cpus: CpusOption = 2,
    gpus: Annotated[int, typer.Option("--gpus", min=0, help="Pretended GPUs of each worker.")] = 0,
    tls: Annotated[
        bool | None,
        typer.Option(
            "--tls/--no-tls",
            help="Nodes and clients talk over TLS.",
            show_default="`ray.tls` of the settings",
        ),
    ] = None,
    json: JsonOption = False,
    home: HomeOption = None,
    settings: SettingsOption = None,
) -> None:
    """Start a head and workers on this machine. They stay until `trending cluster down`.

    Example: `trending cluster up --nodes 3`, then `eval "$(trending cluster env)"`
    """
    from cluster.local import start_cluster

    output = open_output(as_json=json, home=home, settings_file=settings)
    with output.steps() as report:
        report(f"Starting {nodes} node{'s' * (nodes > 1)}")
        over_tls = output.settings.ray.tls if tls is None else tls
        found = start_cluster(output.settings, nodes=nodes, cpus=cpus, gpus=gpus, tls=over_tls)
    _say_started(output, found)


def autoscale(
    gpu_workers: Annotated[
        int, typer.Option("--gpu-workers", min=1, help="Nodes of one pretended GPU that may come.")
    ] = 2,
    cpus: Annotated[int, typer.Option("--cpus", min=1, help="Logical CPUs of the head.")] = 4,
    idle: Annotated[float, typer.Option("--idle", min=1, help="Seconds after which an idle node goes.")] = 30,
    json: JsonOption = False,
    home: HomeOption = None,
    settings: SettingsOption = None,
) -> None:
    """Start a head whose autoscaler adds nodes with pretended GPUs when something asks for them.

    Example: `trending cluster autoscale --gpu-workers 2`, then a training with `train.bert.device: pretend`
    """
    from cluster.autoscaling import start_autoscaling

    output = open_output(as_json=json, home=home, settings_file=settings)
    with output.steps() as report:
        report("Starting the head and its autoscaler")
        found = start_autoscaling(output.settings, gpu_workers=gpu_workers, cpus=cpus, idle_s=idle)
    _say_started(output, found)


def status(json: JsonOption = False, home: HomeOption = None, settings: SettingsOption = None) -> None:
    """The nodes as Ray sees them, those of an autoscaler too."""
    from rich.table import Table

    output = open_output(as_json=json, home=home, settings_file=settings)
    found = _running(output)
    table = Table("node", "state", "CPUs", "GPUs", "object store MiB")
    rows = _nodes(found)
    for row in rows:
        cells = (row["name"], row["state"], f"{row['cpus']:g}", f"{row['gpus']:g}", f"{row['store_mib']:.0f}")
        table.add_row(*cells)
    output.console.print(table)
    output.console.print(f"Address {found.address}, dashboard {found.dashboard}")
    output.result(_summary(found) | {"nodes": rows})


def env(home: HomeOption = None, settings: SettingsOption = None) -> None:
    """Print what a shell must export to work on this cluster: `eval "$(trending cluster env)"`."""
    from shlex import quote

    output = open_output(as_json=False, home=home, settings_file=settings)
    for name, value in _running(output).environment.items():
        typer.echo(f"export {name}={quote(value)}")


def down(json: JsonOption = False, home: HomeOption = None, settings: SettingsOption = None) -> None:
    """End the cluster, and everything that runs on it. Other clusters of this machine are left alone."""
    from cluster.local import stop_cluster

    output = open_output(as_json=json, home=home, settings_file=settings)
    found = stop_cluster(output.settings)
    said = f"Ended {len(found.nodes)} node(s) of {found.address}." if found else "No cluster was running."
    output.console.print(said)
    output.result({"ended": found.address if found else None})


def _running(output: Output) -> LocalCluster:
    from cluster.local import find_cluster
    from trending.errors import ClusterError

    found = find_cluster(output.settings)
    if found is None:
        raise ClusterError(
            f"No cluster runs for {output.settings.root}. `trending cluster up` starts one; one of another folder "
            "is found with --home."
        )
    return found


def _nodes(cluster: LocalCluster) -> list[dict[str, Any]]:
    """As the dashboard tells them, in the order in which they came."""
    os.environ.update(cluster.environment)  # before Ray is imported, which reads it once
    from ray.util.state import list_nodes

    found: list[Any] = list_nodes(address=cluster.dashboard, detail=True)
    names = ["head", *(f"worker {number}" for number in range(1, len(found)))]
    ordered = sorted(found, key=lambda node: (not node.is_head_node, node.start_time_ms or 0))
    return [
        {
            "name": name,
            "node_id": node.node_id,
            "state": node.state,
            "cpus": node.resources_total.get("CPU", 0),
            "gpus": node.resources_total.get("GPU", 0),
            "store_mib": node.resources_total.get("object_store_memory", 0) / 2**20,
        }
        for name, node in zip(names, ordered, strict=True)
    ]


def _say_started(output: Output, cluster: LocalCluster) -> None:
    say = output.console.print
    grows = f", and up to {cluster.grows_to} more with a pretended GPU" if cluster.grows_to else ""
    over = " over TLS" if cluster.tls else ""
    say(f"{len(cluster.nodes)} node(s) at {cluster.address}{over}{grows}. Dashboard: {cluster.dashboard}")
    say('Work on it:  eval "$(trending cluster env)"', markup=False)
    say("End it:      trending cluster down")
    output.result(_summary(cluster))


def _summary(cluster: LocalCluster) -> dict[str, Any]:
    return {
        "address": cluster.address,
        "dashboard": cluster.dashboard,
        "token_file": cluster.token_file,
        "grows_to": cluster.grows_to,
        "pids": [node.pid for node in cluster.nodes],
    }
