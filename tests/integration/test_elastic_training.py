"""Elastic workers: a training takes in a node that comes, and does without one that goes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.integration.elastic_training import GROWS_AT, SHRINKS_AT
from tests.training.bert.tiny_encoder import tiny_encoder

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]


def test_elastic_workers_follow_the_cluster_and_walk_the_same_way(tmp_path: Path) -> None:
    encoder = tiny_encoder(tmp_path / "encoder")
    command = [sys.executable, "-m", "tests.integration.elastic_training", str(encoder), str(tmp_path)]
    without = {name: value for name, value in os.environ.items() if name != "RAY_ADDRESS"}
    done = subprocess.run(
        command,
        cwd=ROOT,
        env=without | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=500,
    )
    assert done.returncode == 0, done.stderr[-3000:]

    steps = [json.loads(line) for line in (tmp_path / "steps").read_text().splitlines()]
    first = [step for step in steps if step[1] == 2]
    more = [step for step in steps if step[1] > 2]
    assert [number for number, _, _ in first] == [*range(1, GROWS_AT), *range(21, 41)]
    assert [number for number, _, _ in more] == list(range(11, SHRINKS_AT)), (
        "on from the checkpoint of step 10"
    )
    assert more[0][1] == 4, "the node that came has room for two"
    walked = {number: loss for number, _, loss in first}
    for number, _, loss in more:
        if number in walked:
            assert loss == pytest.approx(walked[number], abs=1e-4), "four workers walk as two did"
    assert json.loads((tmp_path / "trained").read_text()) == {"step": 40}
