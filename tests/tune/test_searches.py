"""A search by HyperBand over real trainings: what is stopped, what is kept of it, what may be done with the result."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import pytest
from mlflow.entities import Run

from jobs.console import Output
from jobs.trials_table import TrialsTable
from jobs.tune import print_search
from tests.tune.searches import BAD, GOOD, ROUNDS, QuickTarget, quick_rows, quick_settings, quick_study
from trending.models.registry import open_client
from trending.settings import load_settings
from tune.reports import OBJECTIVE
from tune.search import SearchResult, search_target
from tune.tracking import STOPPED_TAG, TRIAL_TAG
from tune.trials import COMPLETE, PAUSED, STOPPED, Trial

TRIALS = 2


@pytest.fixture(scope="module")
def done(ray_cluster: str, tmp_path_factory: pytest.TempPathFactory) -> SimpleNamespace:
    """One search, and all that was told while it ran."""
    settings = quick_settings(tmp_path_factory.mktemp("search"))
    study = quick_study(settings, trials=TRIALS)
    told: list[Trial] = []
    result = search_target(
        study, QuickTarget(), settings, prepare=lambda: quick_rows(study), watch=told.append
    )
    return SimpleNamespace(settings=settings, study=study, told=told, result=result)


def rate(trial: Trial) -> float:
    return trial.values["xgboost.learning_rate"]


def children(done: SimpleNamespace) -> list[Run]:
    parent = done.result.study.run_id
    client = open_client(done.settings)
    experiment = client.get_run(parent).info.experiment_id
    return client.search_runs([experiment], filter_string=f"tags.`mlflow.parentRunId` = '{parent}'")


def test_a_bad_trial_is_stopped_before_its_last_report_and_a_good_one_ends(done: SimpleNamespace) -> None:
    trials = done.result.trials
    assert {rate(trial) for trial in trials} == {GOOD, BAD}
    for trial in trials:
        if rate(trial) == BAD:
            assert trial.state == STOPPED
            assert 0 < trial.step < ROUNDS
    complete = [trial for trial in trials if trial.state == COMPLETE]
    assert complete
    assert {(rate(trial), trial.step) for trial in complete} == {(GOOD, ROUNDS)}
    assert rate(done.result.best) == GOOD


def test_a_paused_trial_goes_on_from_where_it_was(done: SimpleNamespace) -> None:
    best = [trial for trial in done.told if trial.number == done.result.best.number]
    assert PAUSED in {trial.state for trial in best}
    steps = [trial.step for trial in best]
    assert steps == sorted(steps)
    losses = {trial.step: trial.value for trial in best if trial.step}
    assert list(losses) == list(range(2, ROUNDS + 1, 2)), "every report came, and none of them twice"


def test_each_trial_is_a_run_under_one_parent_with_one_point_a_step(done: SimpleNamespace) -> None:
    client = open_client(done.settings)
    runs = {int(run.data.tags[TRIAL_TAG]): run for run in children(done)}
    assert len(children(done)) == len(runs) == TRIALS
    for trial in done.result.trials:
        run = runs[trial.number]
        assert float(run.data.params["xgboost.learning_rate"]) == rate(trial)
        assert run.info.status == "FINISHED"
        assert run.data.tags[STOPPED_TAG] == str(trial.state == STOPPED).lower()
        points = client.get_metric_history(run.info.run_id, OBJECTIVE)
        assert [point.step for point in points] == list(range(2, trial.step + 1, 2))
        assert points[-1].value == pytest.approx(trial.value)
    parent = client.get_run(done.study.run_id)
    assert parent.info.status == "FINISHED"
    assert parent.data.metrics["stopped_early"] == done.result.as_json()["stopped_early"]
    assert {file.path for file in client.list_artifacts(done.study.run_id, "plots")} == {
        "plots/parallel_coordinates.png",
        "plots/importance.png",
    }


def test_the_best_settings_are_a_file_that_a_training_takes(done: SimpleNamespace) -> None:
    loaded = load_settings(done.study.best_file)
    assert loaded.train == done.result.settings
    assert loaded.train.xgboost.learning_rate == GOOD
    assert loaded.train.xgboost.rounds == ROUNDS
    assert "best.yaml" in {f.path for f in open_client(done.settings).list_artifacts(done.study.run_id)}


def test_a_finished_study_gives_its_result_again_and_runs_nothing(done: SimpleNamespace) -> None:
    def prepare() -> None:
        raise AssertionError("nothing is left to run")

    again = search_target(done.study, QuickTarget(), done.settings, prepare=prepare)
    assert again.trials == done.result.trials
    assert again.best == done.result.best
    assert len(children(done)) == TRIALS


def test_checkpoints_are_gone_when_the_search_is_over(done: SimpleNamespace) -> None:
    assert {path.name for path in done.study.folder.iterdir()} == {"study.json", "study.db", "best.yaml"}


def test_a_person_sees_a_line_for_each_trial_and_how_to_train_with_the_best(
    done: SimpleNamespace, capsys: pytest.CaptureFixture[str]
) -> None:
    output = Output(as_json=False, settings=done.settings)
    with TrialsTable(output.console, done.study) as table:
        for trial in done.told:
            table.show(trial)
    print_search(output, done.result)
    lines = capsys.readouterr().out.splitlines()
    assert sum(line.startswith("  trial ") for line in lines) == TRIALS
    assert any("stopped early at" in line for line in lines)
    assert any(f"--settings {done.study.best_file}" in line for line in lines)


def test_the_result_is_plain_json(done: SimpleNamespace) -> None:
    figures = json.loads(json.dumps(done.result.as_json()))
    assert figures["trials"] == TRIALS
    assert figures["failed"] == 0
    assert figures["best"]["settings"] == {"xgboost.learning_rate": GOOD}
    assert Path(figures["settings_file"]).is_file()


def test_the_result_counts_add_up(done: SimpleNamespace) -> None:
    result: SearchResult = done.result
    states = [trial.state for trial in result.trials]
    assert states.count(COMPLETE) + states.count(STOPPED) == TRIALS
