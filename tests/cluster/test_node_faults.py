"""Jobs on a cluster that loses a node in the middle of their work end as if it had not."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import yaml

from cluster.local import LocalCluster, add_node, find_cluster, keep, start_cluster, stop_cluster
from tests.training.bert.tiny_encoder import tiny_encoder, tiny_settings
from trending.catalog.tables import Tables
from trending.models.bundle import read_manifest
from trending.models.registry import list_runs, open_client
from trending.settings import Settings

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
CPUS = 4
"""Of a node: what a job needs fits on the one that is left."""
OF_ITS_TIME = ("snapshot", "_at", "run_id", "seconds")
"""In the names of columns that differ between two runs of the same."""


class Jobs:
    """Jobs on one cluster, and one state that calm ones work on, one for those that lose a node."""

    def __init__(self, folder: Path) -> None:
        self.cluster_home = Settings(home=folder / "cluster")
        self.calm, self.lossy = Settings(home=folder / "calm"), Settings(home=folder / "lossy")
        self.settings = folder / "settings.yaml"
        bert = tiny_settings(tiny_encoder(folder / "encoder")).bert.model_dump(
            mode="json", exclude_unset=True
        )
        self.settings.write_text(
            yaml.safe_dump(
                {
                    "train": {
                        "xgboost": {"rounds": 18, "num_workers": 2, "checkpoint_every": 4},
                        "bert": bert,
                    },
                }
            ),
            encoding="utf-8",
        )

    def start(self) -> None:
        """A head that works for nobody, so that all work is on nodes that can be lost."""
        environment = {"PYTHONPATH": str(ROOT), "RAY_TRAIN_HEALTH_CHECK_INTERVAL_S": "0.2"}
        self.environment = environment
        start_cluster(self.cluster_home, nodes=3, cpus=CPUS, head=("--num-cpus=0",), env=environment)

    @property
    def cluster(self) -> LocalCluster:
        found = find_cluster(self.cluster_home)
        assert found is not None
        return found

    def run(self, *words: str) -> dict[str, Any]:
        """The answer of a job that nothing happens to."""
        return self._answer(["-m", "jobs"], self.calm, words)

    def run_and_lose(self, where: str, call: int, flag: Path, *words: str) -> dict[str, Any]:
        """The answer of a job that lost a node at that call; then the cluster has a new one."""
        try:
            found = self._answer(
                ["-m", "tests.cluster.losing", where, str(call), str(flag)], self.lossy, words
            )
        finally:
            cluster = self.cluster
            alive = tuple(node for node in cluster.nodes if node.alive)
            if lost := len(alive) < len(cluster.nodes):
                kept = keep(self.cluster_home, replace(cluster, nodes=alive))
                add_node(self.cluster_home, kept, cpus=CPUS, env=self.environment)
        assert flag.exists(), f"no worker made call {call} of {where}"
        assert lost
        return found

    def _answer(self, program: list[str], home: Settings, words: tuple[str, ...]) -> dict[str, Any]:
        options = ["--home", str(home.home), "--settings", str(self.settings), "--json"]
        done = subprocess.run(
            [sys.executable, *program, *words, *options],
            cwd=ROOT, env={**os.environ, **self.cluster.environment}, capture_output=True, text=True, timeout=400,
        )  # fmt: skip
        assert done.returncode == 0, f"{words}: {done.stderr[-4000:]}"
        return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture(scope="module")
def jobs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Jobs]:
    found = Jobs(tmp_path_factory.mktemp("faults"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_AUTH_MODE", "token")
        try:
            found.start()
            yield found
        finally:
            stop_cluster(found.cluster_home)


@pytest.fixture(scope="module")
def ingested(jobs: Jobs, tmp_path_factory: pytest.TempPathFactory) -> Jobs:
    """Both states hold the sample; that of the lossy one was ingested on nodes of which one went."""
    flag = tmp_path_factory.mktemp("ingest") / "lost"
    jobs.run("ingest")
    jobs.run_and_lose("trending.catalog.cleaning:clean_titles", 1, flag, "ingest")
    return jobs


@pytest.fixture(scope="module")
def boosted(ingested: Jobs) -> dict[str, str]:
    """Digests of the model that a calm training makes of the same rows."""
    return files_of(ingested.run("train", "xgboost"))


def test_ingest(ingested: Jobs) -> None:
    for name in ("titles", "reviews", "quarantine"):
        calm, lossy = (rows_of(home, name) for home in (ingested.calm, ingested.lossy))
        assert lossy == calm, name
        assert calm or name == "quarantine"


def test_xgboost(ingested: Jobs, boosted: dict[str, str], tmp_path: Path) -> None:
    where = "trending.training.xgboost.loop:_loss"
    found = ingested.run_and_lose(where, 7, tmp_path / "lost", "train", "xgboost")
    assert files_of(found) == boosted


def test_bert(ingested: Jobs, tmp_path: Path) -> None:
    ingested.run("train", "bert")
    where = "trending.training.bert.worker:Worker.step"
    ingested.run_and_lose(where, 17, tmp_path / "lost", "train", "bert")
    calm, lossy = (losses_of(home) for home in (ingested.calm, ingested.lossy))
    assert lossy.keys() == calm.keys()
    assert lossy == pytest.approx(calm, abs=1e-3)


def rows_of(settings: Settings, name: str) -> list[dict[str, Any]]:
    """The rows of a table without what the clock made, in an order of their own."""
    rows: pa.Table = Tables(settings).read_arrow(name)
    kept = [one for one in rows.column_names if not any(part in one for part in OF_ITS_TIME)]
    return sorted(rows.select(kept).to_pylist(), key=repr)


def files_of(trained: dict[str, Any]) -> dict[str, str]:
    """Digest of each file of a bundle's model."""
    manifest, _ = read_manifest(Path(trained["bundle"]))
    return dict(manifest.files)


def losses_of(settings: Settings) -> dict[int, float]:
    """The training's loss by step, of the newest run."""
    run = list_runs(settings, limit=1)[0]
    history = open_client(settings).get_metric_history(run.run_id, "step/loss")
    return {point.step: point.value for point in history}
