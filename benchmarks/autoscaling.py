"""A fine-tuning that makes GPU nodes come, on a cluster of one machine whose autoscaler starts from none.

    python -m benchmarks.autoscaling --out docs/autoscaling

Writes `run.md` (what was typed, and what came back) and `nodes.svg` (the number of nodes over time). The GPUs are
pretended: they are numbers in Ray's scheduler, and CPUs compute. The titles are the sample's.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cluster.autoscaling import start_autoscaling
from cluster.local import LocalCluster, stop_cluster
from trending.settings import Settings, load_settings

ROOT = Path(__file__).resolve().parents[1]
EVERY_S = 1.0
IDLE_S = 15.0
GIVE_UP_S = 300.0
TRAIN = {
    "TRENDING_TRAIN__BERT__DEVICE": "pretend",
    "TRENDING_TRAIN__BERT__EPOCHS": "2",
    "TRENDING_TRAIN__BERT__NUM_WORKERS": "2",
}
"""Two workers that want a GPU each, for two epochs."""


@dataclass
class NodeCount:
    """How many nodes were alive, whenever it was looked."""

    cluster: LocalCluster
    began: float = field(default_factory=time.perf_counter)
    seconds: list[float] = field(default_factory=list)
    nodes: list[int] = field(default_factory=list)
    marks: list[tuple[float, str]] = field(default_factory=list)
    """What happened, and when."""

    def look(self) -> int:
        """Count now."""
        from ray.util.state import list_nodes

        # Not by a filter: Ray takes nodes that it leaves out, those that have gone, for an answer cut short.
        nodes: list[Any] = list_nodes(address=self.cluster.dashboard)
        alive = sum(node.state == "ALIVE" for node in nodes)
        self.seconds.append(time.perf_counter() - self.began)
        self.nodes.append(alive)
        return alive

    def mark(self, what: str) -> None:
        """Something happened."""
        self.marks.append((time.perf_counter() - self.began, what))

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Count every second while the block runs."""
        done = threading.Event()

        def watch() -> None:
            while not done.is_set():
                self.look()
                done.wait(EVERY_S)

        thread = threading.Thread(target=watch)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()


def main() -> None:
    """Start the cluster, train on it, and wait until its nodes have gone."""
    arguments = parse_arguments()
    with tempfile.TemporaryDirectory() as home:
        settings = load_settings(home=Path(home))
        # Before Ray is imported here, which reads it once.
        token = {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN_PATH": str(settings.root / "cluster" / "token")}
        os.environ.update(token)
        try:
            cluster = start_autoscaling(settings, gpu_workers=2, cpus=4, idle_s=IDLE_S)
            os.environ.update(cluster.environment)
            count = NodeCount(cluster)
            said = train_on(cluster, settings, count)
        finally:
            stop_cluster(settings)
    arguments.out.mkdir(parents=True, exist_ok=True)
    (arguments.out / "run.md").write_text(transcript(said, count), encoding="utf-8")
    plot(count, arguments.out / "nodes.svg")


def parse_arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.autoscaling", description=str(__doc__).partition("\n")[0]
    )
    parser.add_argument(
        "--out", type=Path, default=Path("docs/autoscaling"), help="folder of what is written"
    )
    return parser.parse_args()


def train_on(cluster: LocalCluster, settings: Settings, count: NodeCount) -> list[tuple[str, str]]:
    """The jobs, as typed and as answered."""
    said = []
    with count.watching():
        for job in (("ingest",), ("train", "bert", "--settings", "small")):
            count.mark(f"trending {job[0]} begins")
            said.append(run(cluster, settings, job))
            count.mark(f"trending {job[0]} ends")
        deadline = time.monotonic() + GIVE_UP_S
        while count.nodes[-1] > 1 and time.monotonic() < deadline:
            time.sleep(EVERY_S)
    return said


def run(cluster: LocalCluster, settings: Settings, job: tuple[str, ...]) -> tuple[str, str]:
    """One job on the cluster; the command for a reader, and what it printed.

    Raises `RuntimeError` with the end of its output where it fails.
    """
    chosen = TRAIN if job[0] == "train" else {}
    done = subprocess.run(
        [sys.executable, "-m", "jobs", *job, "--home", str(settings.root)],
        cwd=ROOT, env={**os.environ, **cluster.environment, **chosen}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(f"{job} failed:\n{(done.stdout + done.stderr)[-3000:]}")
    shown = " ".join([*(f"{name}={value}" for name, value in chosen.items()), "trending", *job])
    return shown, done.stdout


def transcript(said: list[tuple[str, str]], count: NodeCount) -> str:
    """For a reader, without what Ray says about itself."""
    lines = ["# The autoscaling run", "", "Printed by `python -m benchmarks.autoscaling`.", "", "```"]
    for command, output in said:
        kept = [line.rstrip() for line in output.splitlines() if line.startswith(("  ✓", "bert on", "438 "))]
        lines += [f"$ {command}", *kept, ""]
    lines += ["```", "", "| second | nodes | |", "| ---: | ---: | --- |"]
    return "\n".join(lines + [f"| {at:.0f} | {nodes} | {what} |" for at, nodes, what in events(count)]) + "\n"


def events(count: NodeCount) -> list[tuple[float, int, str]]:
    """When jobs came and went, and when the number of nodes changed."""
    changes = [(count.seconds[0], count.nodes[0], "the head alone")]
    for before, after, at in zip(count.nodes, count.nodes[1:], count.seconds[1:], strict=False):
        if after != before:
            nodes = f"{abs(after - before)} node{'s' * (abs(after - before) > 1)}"
            changes.append((at, after, f"{nodes} {'came' if after > before else 'went'}"))
    for at, what in count.marks:
        seen = [nodes for second, nodes in zip(count.seconds, count.nodes, strict=True) if second <= at]
        changes.append((at, seen[-1] if seen else count.nodes[0], what))
    return sorted(changes)


def plot(count: NodeCount, file: Path) -> None:
    """The number of nodes over time, with what happened."""
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    mpl.rcParams["svg.hashsalt"] = "trending"
    figure, axes = plt.subplots(figsize=(9, 3.2), layout="constrained")
    axes.step(count.seconds, count.nodes, where="post", color="#3457d5", linewidth=2)
    axes.fill_between(count.seconds, count.nodes, step="post", color="#3457d5", alpha=0.12)
    end = max([*count.seconds, *(at for at, _ in count.marks)])
    for number, (at, what) in enumerate(count.marks):
        late = at > 0.8 * end
        axes.axvline(at, color="#888888", linewidth=0.8, linestyle=":")
        axes.annotate(
            what, (at, 3.35 + 0.35 * (number % 3)), fontsize=8, ha="right" if late else "left",
            xytext=(-3 if late else 3, 0), textcoords="offset points",
        )  # fmt: skip
    axes.set(xlabel="seconds", ylabel="nodes", ylim=(0, 4.4), yticks=range(4), xlim=(0, end))
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(file, metadata={"Date": None})
    plt.close(figure)


if __name__ == "__main__":
    main()
