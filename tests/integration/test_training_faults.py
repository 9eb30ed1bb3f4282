"""Trainings that lose a worker, or the whole job, end as if nothing had happened.

`make test-faults` runs them.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from tests.integration.fine_tune_and_wait import interrupted_fine_tuning, prepared_titles, steps_taken
from tests.integration.train_and_wait import (
    WAITING,
    interrupted_loop,
    kill_worker,
    rounds_trained,
    say_and_wait,
)
from tests.training.bert.tiny_encoder import tiny_encoder, tiny_settings
from tests.training.xgboost.rows_to_boost import TRAIN, VALIDATION, assert_same, with_boosting
from trending.models.bundle import read_manifest
from trending.models.registry import list_runs, open_client, resolve_model
from trending.settings import Settings
from trending.training.bert.progress import Progress
from trending.training.bert.trainer import train_network
from trending.training.run import unfinished_run
from trending.training.train import train
from trending.training.xgboost import fit
from trending.training.xgboost.boosting import boost

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("ray_cluster")]

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
    kill_job("tests.integration.train_and_wait", sample_home.home, tmp_path, every + 5)
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


def test_bert_that_lost_a_worker_walks_on_where_it_was(tmp_path: Path, tiny: Path) -> None:
    settings = tiny_settings(tiny, dropout=0.1)
    dying = interrupted_fine_tuning(tmp_path, 18, kill_worker)
    trained = train_network(prepared_titles(settings), settings, tmp_path / "run", loop=dying)

    steps = steps_taken(tmp_path)
    assert [number for number, _ in steps] == [*range(1, 18), *range(11, 41)], (
        "on from the checkpoint of step 10"
    )
    before, after = dict(steps[:17]), dict(steps[17:])
    for number in range(11, 18):
        assert after[number] == pytest.approx(before[number], abs=1e-5), "the same steps, dropout and all"
    assert trained.progress.step == 40
    np.testing.assert_allclose(curve(trained.progress), tens(before | after), atol=1e-5)


def test_a_killed_bert_job_goes_on_with_another_number_of_workers_and_logs_nothing_twice(
    tmp_path: Path, tiny: Path, settings: Settings
) -> None:
    client = open_client(settings)
    run_id = client.create_run(client.create_experiment("faults")).info.run_id
    kill_job("tests.integration.fine_tune_and_wait", tiny, tmp_path, 28, settings.mlflow_uri, run_id)
    assert len(steps_taken(tmp_path)) == 27

    alone = tiny_settings(tiny, num_workers=1, zero_stage=3)
    noted = interrupted_fine_tuning(
        tmp_path, 28, say_and_wait
    )  # the place was passed: it only notes the steps
    trained = train_network(
        prepared_titles(alone), alone, tmp_path / "run", mlflow_run=(settings.mlflow_uri, run_id), loop=noted
    )

    steps = steps_taken(tmp_path)
    assert [number for number, _ in steps[27:]] == list(range(21, 41)), (
        "on from the checkpoint of the first epoch"
    )
    before, after = (dict(part) for part in (steps[:27], steps[27:]))
    for number in range(21, 28):
        assert after[number] == pytest.approx(before[number], abs=1e-3), "one worker walks as two did"
    assert trained.progress.epoch == 2
    for name, points in (("step/loss", [10, 20, 30, 40]), ("epoch/validation_loss", [20, 40])):
        assert [one.step for one in client.get_metric_history(run_id, name)] == points


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_encoder(tmp_path_factory.mktemp("encoder"))


def curve(progress: Progress) -> list[float]:
    return [point["step/loss"] for point in progress.history if "step/loss" in point]


def tens(losses: dict[int, float]) -> list[float]:
    """Their means, ten steps at a time."""
    return [float(np.mean([losses[n] for n in range(start, start + 10)])) for start in range(1, 41, 10)]


def kill_job(module: str, *arguments: object) -> None:
    """Train in a process of its own, and kill that when it is where it should be."""
    import ray

    environment = os.environ | {"RAY_ADDRESS": ray.get_runtime_context().gcs_address, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", module, *map(str, arguments)]
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        try:
            assert any(line.strip() == WAITING for line in child.stdout), "it ended before it was there"
        finally:
            child.kill()
    assert child.returncode == -signal.SIGKILL
