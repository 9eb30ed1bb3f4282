"""Several nodes on one machine, started and ended as a person does it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from cluster.local import LocalCluster, add_node, find_cluster, remove_node, start_cluster, stop_cluster
from trending.errors import ClusterError
from trending.settings import Settings

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
SUM = """
import os, ray
ray.init(address=os.environ["RAY_ADDRESS"], log_to_driver=False, logging_level="ERROR")
work = ray.remote(num_cpus=1)(lambda n: n * n)
print(sum(ray.get([work.remote(n) for n in range(6)])), sum(node["Alive"] for node in ray.nodes()))
"""


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings(home=tmp_path_factory.mktemp("cluster"))


@pytest.fixture(scope="module")
def running(settings: Settings) -> Iterator[LocalCluster]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_AUTH_MODE", "token")
        try:
            yield start_cluster(settings, nodes=2, cpus=1)
        finally:
            stop_cluster(settings)


def drive(cluster: LocalCluster, **changed: str) -> subprocess.CompletedProcess[str]:
    """A driver on the cluster that sums up squares and counts the nodes."""
    env = {**os.environ, **cluster.environment, **changed}
    return subprocess.run([sys.executable, "-c", SUM], env=env, capture_output=True, text=True, timeout=120)


def trending(settings: Settings, *words: str) -> dict[str, Any]:
    """What a command of `trending cluster` answers."""
    command = [sys.executable, "-m", "jobs", "cluster", *words, "--json", "--home", str(settings.home)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_a_driver_with_the_environment_works_on_all_nodes(running: LocalCluster) -> None:
    done = drive(running)
    assert done.stdout.split() == ["55", "2"], done.stderr


def test_a_driver_with_another_token_is_refused(running: LocalCluster, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("0" * 64)
    done = drive(running, RAY_AUTH_TOKEN_PATH=str(tmp_path / "token"))
    assert done.returncode != 0
    assert "55" not in done.stdout


def test_the_status_names_the_head_and_the_workers(settings: Settings, running: LocalCluster) -> None:
    found = trending(settings, "status")
    assert [(node["name"], node["state"], node["cpus"]) for node in found["nodes"]] == [
        ("head", "ALIVE", 1),
        ("worker 1", "ALIVE", 1),
    ]
    assert found["address"] == running.address


def test_a_second_cluster_of_the_same_folder_is_refused(settings: Settings, running: LocalCluster) -> None:
    with pytest.raises(ClusterError, match=running.address):
        start_cluster(settings)


def test_nodes_come_and_go(settings: Settings, running: LocalCluster) -> None:
    grown = add_node(settings, running, cpus=1)
    assert drive(grown).stdout.split() == ["55", "3"]
    with pytest.raises(ClusterError, match="node-1, node-2"):
        remove_node(settings, grown, "head")
    remove_node(settings, grown, "node-2", kill=True)
    assert find_cluster(settings) == running


def test_nothing_is_left_when_it_is_ended(settings: Settings, running: LocalCluster) -> None:
    family = [psutil.Process(node.pid) for node in running.nodes]
    family += [child for root in family for child in root.children(recursive=True)]
    assert trending(settings, "down") == {"ended": running.address}
    assert not [process for process in family if process.is_running() and process.status() != "zombie"]
    assert trending(settings, "down") == {"ended": None}


def test_ctrl_c_while_a_node_starts_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[psutil.Process] = []

    def interrupt(_seconds: float) -> None:
        started.extend(psutil.Process().children(recursive=True))
        raise KeyboardInterrupt

    monkeypatch.setattr("cluster.node.time.sleep", interrupt)
    settings = Settings(home=tmp_path)
    with pytest.raises(KeyboardInterrupt):
        start_cluster(settings)
    assert started
    assert not [process for process in started if process.is_running() and process.status() != "zombie"]
    assert find_cluster(settings) is None


def test_a_node_that_does_not_start_says_why_and_leaves_nothing(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    with pytest.raises(ClusterError, match=r"head did not start(.|\n)*no-such-option"):
        start_cluster(settings, head=("--no-such-option",))
    assert find_cluster(settings) is None
