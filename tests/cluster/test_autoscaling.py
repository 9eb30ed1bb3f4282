"""A cluster that grows when GPUs are asked for, and shrinks when they are not."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from cluster.autoscaling import start_autoscaling
from cluster.local import stop_cluster
from trending.settings import Settings

pytestmark = pytest.mark.slow

GROW = """
import json, os, threading, ray
ray.init(address=os.environ["RAY_ADDRESS"], log_to_driver=False, logging_level="ERROR")
alive = lambda: sum(node["Alive"] for node in ray.nodes())
counts = [alive()]

@ray.remote(num_cpus=0, num_gpus=1)
class Holder:
    def node(self):
        return ray.get_runtime_context().get_node_id()

holders = [Holder.remote() for _ in range(2)]
where = ray.get([one.node.remote() for one in holders], timeout=200)
counts.append(alive())
for one in holders:
    ray.kill(one)
for _ in range(400):
    if alive() == 1:
        break
    threading.Event().wait(0.5)
print(json.dumps({"counts": [*counts, alive()], "nodes": len(set(where))}))
"""


def test_nodes_come_for_those_who_want_gpus_and_go_when_they_idle(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    try:
        found = start_autoscaling(settings, gpu_workers=2, cpus=1, idle_s=6)
        env = {**os.environ, **found.environment}
        done = subprocess.run(
            [sys.executable, "-c", GROW], env=env, capture_output=True, text=True, timeout=400
        )
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout.splitlines()[-1]) == {"counts": [1, 3, 1], "nodes": 2}
    finally:
        stop_cluster(settings)
