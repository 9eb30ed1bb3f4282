"""Each job on the sample, through the command line, with its one JSON object."""

from __future__ import annotations

import json
from typing import Any

import pytest

from jobs.__main__ import main
from trending.settings import Settings


@pytest.fixture
def job(sample_home: Settings, capsys: pytest.CaptureFixture[str]) -> Any:
    """Runs one job on the session's sample home; returns its JSON."""

    def run(*words: str) -> dict[str, Any]:
        with pytest.raises(SystemExit) as stop:
            main([*words, "--home", str(sample_home.home), "--json"])
        out, err = capsys.readouterr()
        assert stop.value.code == 0, err
        lines = out.splitlines()
        assert len(lines) == 1, "standard output holds the one JSON object alone"
        return json.loads(lines[0])

    return run


def test_ingesting_the_same_rows_again_changes_nothing(job: Any) -> None:
    again = job("ingest")
    assert again["changed"] == 0
    assert again["rows_in"] == again["accepted"] + again["merged"] + again["quarantined"]
    assert again["snapshot_id"] == job("data", "show")["snapshot_id"]


def test_train_reports_where_the_model_is_and_how_good(job: Any) -> None:
    figures = job("train", "keyword")
    assert {"run_id", "bundle", "model", "snapshot_id", "seconds", "test"} <= set(figures)
    assert {"micro_f1", "macro_f1", "weighted_f1", "map", "ci95"} <= set(figures["test"])
    low, high = figures["test"]["ci95"]["micro_f1"]
    assert low <= figures["test"]["micro_f1"] <= high
    assert figures["run_id"] in {run["run_id"] for run in job("runs")["runs"]}


def test_evaluate_gives_the_same_scores_as_the_training_did(job: Any) -> None:
    trained = job("train", "prior")
    evaluated = job("evaluate", trained["run_id"])
    assert evaluated["test"]["micro_f1"] == pytest.approx(trained["test"]["micro_f1"], abs=1e-9)
    assert evaluated["report"]


def test_the_log_shows_the_snapshot_and_a_diff_with_itself_is_empty(job: Any) -> None:
    newest = job("data", "log")["snapshots"][0]["snapshot_id"]
    same = job("data", "diff", str(newest), "latest")
    assert same["added"] == same["removed"] == same["changed"] == []


def test_enrich_goes_on_where_it_stopped_and_reports(job: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRENDING_LLM__ENGINE", "none")
    first = job("enrich", "--titles", "2")
    assert (first["enriched"], first["left"], first["llm_model"]) == (2, 0, "")
    assert first["figures"]["rungs"]["genres"] == {"xgboost": 2}
    second = job("enrich", "--titles", "3")
    assert (second["enriched"], second["fresh"]) == (3, 2)
    assert second["figures"]["titles"] == 5
    assert "2 of" in second["told"]


def test_trust_cannot_be_learnt_without_a_language_model(
    sample_home: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TRENDING_LLM__ENGINE", "none")
    with pytest.raises(SystemExit) as stop:
        main(["trust", "--titles", "20", "--home", str(sample_home.home)])
    assert stop.value.code == 1
    assert "name no language model" in capsys.readouterr().err
