"""Trainings that lose a worker, or the whole job, end as if nothing had happened."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

from tests.integration.train_and_wait import (
    WAITING,
    interrupted_loop,
    kill_worker,
    rounds_trained,
    say_and_wait,
)
from tests.training.xgboost.rows_to_boost import TRAIN, VALIDATION, assert_same, with_boosting
from trending.models.bundle import read_manifest
from trending.models.registry import list_runs, resolve_model
from trending.settings import Settings
from trending.training.run import unfinished_run
from trending.training.train import train
from trending.training.xgboost import fit
from trending.training.xgboost.boosting import boost

pytestmark = pytest.mark.usefixtures("ray_cluster")

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("workers", [1, 2])
def test_xgboost_that_lost_a_worker_ends_with_the_trees_of_one_that_did_not(
    tmp_path: Path, workers: int
) -> None:
    chosen = with_boosting(num_workers=workers)
    undisturbed = boost(TRAIN, VALIDATION, chosen, tmp_path / "undisturbed")
    dying = interrupted_loop(tmp_path, 5, kill_worker)
    booster = boost(TRAIN, VALIDATION, chosen, tmp_path / "run", loop=dying)
    assert rounds_trained(tmp_path) == [1, 2, 3, 4, 5, 5, 6], "on from the checkpoint after round 4"
    assert_same(booster, undisturbed)


def test_a_killed_xgboost_job_goes_on_and_ends_with_the_same_booster(
    tmp_path: Path, sample_home: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    every = sample_home.train.xgboost.checkpoint_every
    kill_job(sample_home.home, tmp_path, every + 5)
    run = unfinished_run(sample_home, list_runs(sample_home, limit=1)[0].run_id)
    # The place was passed already, so now the loop only notes its rounds.
    noted = interrupted_loop(tmp_path, every + 5, say_and_wait)
    monkeypatch.setattr(fit, "boost", partial(boost, loop=noted))

    result = train("xgboost", sample_home, resume=run.run_id)

    trained = rounds_trained(tmp_path)
    assert trained[: every + 5] == list(range(1, every + 6))
    assert trained[every + 5 :] == list(range(every + 1, trained[-1] + 1)), "on from the last checkpoint"
    champion, _ = read_manifest(resolve_model(sample_home, "champion").folder)
    assert result.run_id == run.run_id
    assert result.bundle.manifest.files == champion.files, "every file of the model, byte for byte"
    assert not run.folder.exists()


def kill_job(home: Path, folder: Path, after_round: int) -> None:
    """Train in a process of its own, and kill that when it has trained so many rounds."""
    import ray

    environment = os.environ | {"RAY_ADDRESS": ray.get_runtime_context().gcs_address, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "tests.integration.train_and_wait"]
    command += [str(home), str(folder), str(after_round)]
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        try:
            assert any(line.strip() == WAITING for line in child.stdout), "it ended before it was there"
        finally:
            child.kill()
    assert child.returncode == -signal.SIGKILL
