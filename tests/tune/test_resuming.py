"""A search that was stopped or killed goes on as the same study: what is done is not done again."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from tests.tune.searches import ROUNDS, QuickTarget, quick_rows, quick_settings, quick_study
from trending.errors import TrainingError
from trending.models.registry import open_client
from trending.settings import Settings
from tune.reports import OBJECTIVE
from tune.search import search_target
from tune.study import Study, find_study
from tune.tracking import PARENT_TAG, TRIAL_TAG
from tune.trials import COMPLETE, Trial

ROOT = Path(__file__).resolve().parents[2]
TRIALS = 2
EVERY_STEP = list(range(2, ROUNDS + 1, 2))


def steps_in_mlflow(settings: Settings, study: Study) -> dict[int, list[int]]:
    """The steps of each trial's curve, as often as they were logged."""
    client = open_client(settings)
    experiment = client.get_run(study.run_id).info.experiment_id
    runs = client.search_runs([experiment], filter_string=f"tags.`{PARENT_TAG}` = '{study.run_id}'")
    numbers = [int(run.data.tags[TRIAL_TAG]) for run in runs]
    assert len(set(numbers)) == len(numbers), "one run a trial"
    histories = [client.get_metric_history(run.info.run_id, OBJECTIVE) for run in runs]
    return {n: [point.step for point in found] for n, found in zip(numbers, histories, strict=True)}


def go_on(settings: Settings) -> tuple[list[Trial], list[Trial]]:
    """Finish the study; its trials, and what was told of those that ran now."""
    told: list[Trial] = []
    study = find_study(settings, "qui", model="xgboost")
    result = search_target(
        study, QuickTarget(), settings, prepare=lambda: quick_rows(study), watch=told.append
    )
    return result.trials, told


@pytest.mark.slow
def test_a_killed_job_goes_on_with_the_trials_that_are_left(ray_cluster: str, tmp_path: Path) -> None:
    settings = quick_settings(tmp_path)
    study = quick_study(settings, trials=TRIALS, scheduler="none")
    killed_in_its_second_trial(tmp_path)
    assert [len(steps) for steps in steps_in_mlflow(settings, study).values()] != [len(EVERY_STEP)] * TRIALS

    trials, told = go_on(settings)
    assert [(trial.number, trial.state) for trial in trials] == [(0, COMPLETE), (1, COMPLETE)]
    assert {trial.number for trial in told} == {1}, "what was done is not done again"
    assert steps_in_mlflow(settings, study) == dict.fromkeys(range(TRIALS), EVERY_STEP)
    assert open_client(settings).get_run(study.run_id).info.status == "FINISHED"


def killed_in_its_second_trial(home: Path) -> None:
    """Run the search in a process of its own, and kill it and all that it started."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.tune.search_and_wait", str(home)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert process.stdout is not None
    assert any(line == "trial 1 running at 4\n" for line in process.stdout)
    family = [psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)]
    for member in family:
        member.kill()
    psutil.wait_procs(family, timeout=60)
    process.stdout.close()


def test_a_word_that_names_no_study_says_which_there_are(tmp_path: Path) -> None:
    settings = quick_settings(tmp_path)
    quick_study(settings, trials=1)
    with pytest.raises(TrainingError, match="There are: quick"):
        find_study(settings, "slow", model="xgboost")
    with pytest.raises(TrainingError, match="about xgboost, not bert"):
        find_study(settings, "quick", model="bert")


def test_a_study_may_be_given_more_trials(tmp_path: Path) -> None:
    settings = quick_settings(tmp_path)
    quick_study(settings, trials=1)
    assert find_study(settings, "quick", model="xgboost", trials=5).trials == 5
    assert find_study(settings, "quick", model="xgboost").trials == 5


def test_a_record_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    settings = quick_settings(tmp_path)
    record = quick_study(settings, trials=1).folder / "study.json"
    record.write_text("{", encoding="utf-8")
    with pytest.raises(TrainingError, match=str(record)):
        find_study(settings, "quick", model="xgboost")
