"""What it costs to be spread over nodes: the same jobs on the same cores, cut into one, two and four Ray nodes.

    python -m benchmarks.nodes --data ../shared/data
    python -m benchmarks.nodes --nodes 1 2          # on the sample: minutes

The logical CPUs are the same in sum, so that the difference is Ray's: more processes, and blocks that travel. The last
column is a cluster of as many nodes as the largest, one of which stands still for half of every second: what a slow
machine costs those that wait for it.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
from rich.console import Console
from rich.table import Table

from cluster.local import LocalCluster, start_cluster, stop_cluster
from cluster.node import Node
from trending.settings import Settings

ROOT = Path(__file__).resolve().parents[1]
CPUS = 8
"""Logical, of all nodes together: the jobs ask for four at the most, and every node needs two."""
STILL_S, GOING_S = 0.5, 0.5
CHANGED = {"TRENDING_TRAIN__XGBOOST__ROUNDS": "60", "TRENDING_LLM__ENGINE": "none"}
JOBS = {
    "ingest": ("ingest",),
    "embedding and boosting": ("train", "xgboost"),
    "boosting": ("train", "xgboost"),
    "fine-tuning": ("train", "bert", "--settings", "small"),
    "enrichment without a language model": ("enrich", "--titles", "200", "--all"),
}
"""In this order, on one state: the first boosting computes the embeddings, the second finds them."""


def main() -> None:
    """Run the jobs on every cluster and print the table."""
    arguments = parse_arguments()
    found: dict[str, dict[str, float]] = {}
    for nodes in arguments.nodes:
        found[f"{nodes} node{'s' * (nodes > 1)}"] = measure(nodes, arguments)
    most = max(arguments.nodes)
    if most > 1:
        found[f"{most} nodes, one slow"] = measure(most, arguments, straggler=True)
    print_table(found)
    if arguments.json:
        arguments.json.write_text(json.dumps(found, indent=1), encoding="utf-8")


def parse_arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.nodes", description=str(__doc__).partition("\n")[0]
    )
    parser.add_argument("--nodes", type=int, nargs="+", default=[1, 2, 4])
    parser.add_argument("--jobs", nargs="+", choices=list(JOBS), default=list(JOBS))
    parser.add_argument("--data", type=Path, help="folder of the real catalogues; default: the sample")
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    return parser.parse_args()


def measure(nodes: int, arguments: argparse.Namespace, *, straggler: bool = False) -> dict[str, float]:
    """Seconds of each job, from the command to its end, on a fresh state and a fresh cluster of so many nodes."""
    with tempfile.TemporaryDirectory() as home:
        settings = Settings(home=Path(home))
        try:
            cluster = start_cluster(settings, nodes=nodes, cpus=CPUS // nodes)
            with standing_still(cluster.nodes[-1] if straggler else None):
                return {name: run(cluster, settings, JOBS[name], arguments.data) for name in arguments.jobs}
        finally:
            stop_cluster(settings)


def run(cluster: LocalCluster, settings: Settings, words: tuple[str, ...], data: Path | None) -> float:
    """Seconds of a job. Raises `RuntimeError` with the end of its output where it fails."""
    sources = catalogues(data) if words[0] == "ingest" and data is not None else []
    began = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "jobs", *words, *sources, "--home", str(settings.root), "--json"],
        cwd=ROOT, env={**os.environ, **cluster.environment, **CHANGED}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(f"{words} failed:\n{(done.stdout + done.stderr)[-3000:]}")
    seconds = time.perf_counter() - began
    Console(stderr=True).print(f"{len(cluster.nodes)} nodes, {' '.join(words)}: {seconds:.1f} s")
    return seconds


def catalogues(folder: Path) -> list[str]:
    """Those of the folder, as `trending ingest` takes them."""
    return [f"netflix={folder / 'netflix_titles.csv'}", f"amazon={folder / 'amazon_prime_titles.csv'}"]


@contextmanager
def standing_still(node: Node | None) -> Iterator[None]:
    """Stop and wake all processes of the node by turns while the block runs; None: none."""
    done = threading.Event()

    def turn() -> None:
        while not done.wait(GOING_S):
            family = _family(node)
            _send(family, signal.SIGSTOP)
            done.wait(STILL_S)
            _send(family, signal.SIGCONT)

    thread = threading.Thread(target=turn) if node is not None else None
    if thread is not None:
        thread.start()
    try:
        yield
    finally:
        done.set()
        if thread is not None:
            thread.join()


def _family(node: Node | None) -> list[psutil.Process]:
    if node is None or not node.alive:
        return []
    return psutil.Process(node.pid).children(recursive=True)


def _send(processes: list[psutil.Process], number: int) -> None:
    for process in processes:
        try:
            process.send_signal(number)
        except psutil.NoSuchProcess:
            continue


def print_table(found: dict[str, dict[str, float]]) -> None:
    """Seconds, and how many times those on the first cluster."""
    first = next(iter(found.values()))
    table = Table(box=None, header_style="bold")
    table.add_column("job")
    for name in found:
        table.add_column(name, justify="right")
    for job in first:
        cells = [f"{times[job]:.0f} s ({times[job] / first[job]:.2f})" for times in found.values()]
        table.add_row(job, *cells)
    Console(width=120).print(table)


if __name__ == "__main__":
    main()
