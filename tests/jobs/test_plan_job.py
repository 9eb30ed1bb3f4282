"""`trending plan` as a platform engineer meets it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from jobs.__main__ import main
from jobs.plan_steps import plans_by_job

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.delenv("RAY_ADDRESS", raising=False)

    def run_job(*words: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as stop:
            main(["plan", *words])
        out, err = capsys.readouterr()
        code = stop.value.code
        return (code if isinstance(code, int) else int(bool(code))), out, err

    return run_job


def plan(run: Run, *words: str, code: int = 0) -> dict[str, Any]:
    ended, out, err = run(*words, "--json")
    assert ended == code, out + err
    return json.loads(out.splitlines()[-1])


@pytest.mark.parametrize("profile", ["laptop", "dev", "staging", "prod"])
def test_every_job_of_every_profile_fits_the_cluster_of_that_profile(run: Run, profile: str) -> None:
    for job, model in plans_by_job():
        found = plan(run, *filter(None, (job, model)), "--profile", profile)
        assert found["fits"], found["refusals"]
        assert found["profile"] == profile


def test_bert_in_production(run: Run) -> None:
    found = plan(run, "train", "bert", "--profile", "prod")
    [step] = found["steps"]
    workers = step["asks"][0]
    assert (workers["least"], workers["most"], workers["room_for"]) == (1, 8, 8)
    assert (workers["cpus"], workers["gpus"], workers["memory_gib"]) == (4, 1, 12)
    assert (workers["accelerator_type"], workers["placement"]) == ("L4", "PACK")
    assert step["at_most"]["gpus"] == 8
    assert found["cluster"]["at_its_largest"]["gpus"] == 12


def test_the_table_has_totals_the_cluster_and_a_verdict(run: Run) -> None:
    code, out, _ = run("train", "xgboost", "--profile", "prod")
    assert code == 0
    for word in ("workers of XGBoost", "SPREAD", "to begin", "at the most", "gpu-spot", "0-16", "Fits."):
        assert word in out


def test_what_cannot_fit_is_refused_with_what_to_do(run: Run, tmp_path: Path) -> None:
    (tmp_path / "settings.yaml").write_text(
        "train:\n  bert:\n    num_workers: 2\n    device: cuda\n    resources: {cpus: 64}\n"
        "cluster:\n  pools:\n    - {name: small, cpus: 8, memory_gib: 16, gpus: 1}\n",
        encoding="utf-8",
    )
    words = ("train", "bert", "--profile", str(tmp_path))
    code, out, _ = run(*words)
    assert code == 1
    assert "Does not fit." in out
    assert "2 workers of BERT need 1 GPU(s), 64 CPU(s) each" in out
    assert "the largest node has 8 CPU(s)" in out
    assert "train.bert" in out
    assert not plan(run, *words, code=1)["fits"]


def test_without_a_profile_the_cluster_is_this_machine(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRENDING_RAY__NUM_CPUS", "2")
    found = plan(run, "train", "bert", code=1)
    assert found["cluster"]["pools"][0]["cpus"] == 2
    assert "1 tasks of Ray Data need 1 CPU(s)" in found["refusals"][0], (
        "two workers leave nothing to feed them"
    )


def test_the_service_is_held_against_its_own_nodes(run: Run) -> None:
    serve, train = plan(run, "serve", "--profile", "prod"), plan(run, "ingest", "--profile", "prod")
    assert [pool["name"] for pool in serve["cluster"]["pools"]] == ["head", "serve"]
    assert [pool["name"] for pool in train["cluster"]["pools"]] == [
        "head",
        "cpu",
        "gpu-spot",
        "gpu-on-demand",
    ]


def test_settings_change_the_plan(run: Run, tmp_path: Path) -> None:
    own = tmp_path / "own.yaml"
    own.write_text("train: {xgboost: {num_workers: 9}}\n", encoding="utf-8")
    found = plan(run, "train", "xgboost", "--profile", "prod", "--settings", str(own))
    assert found["steps"][-1]["asks"][0]["most"] == 9


def test_a_model_in_the_process_of_the_job_asks_nothing(run: Run) -> None:
    code, out, _ = run("train", "linear")
    assert (code, "asks nothing" in out) == (0, True)
    assert plan(run, "train", "linear")["steps"] == []


@pytest.mark.parametrize(
    ("words", "told"),
    [(("train",), "xgboost, bert"), (("serve", "bert"), "no model to choose"), (("dance",), "ingest, train")],
)
def test_what_there_is_no_plan_for_is_named(run: Run, words: tuple[str, ...], told: str) -> None:
    code, _, err = run(*words)
    assert (code, told in err) == (1, True)


def test_a_running_cluster_is_asked(ray_cluster: str, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAY_ADDRESS", "auto")
    found = plan(run, "train", "bert", "--profile", "prod", code=1)
    assert sum(pool["cpus"] for pool in found["cluster"]["pools"]) == 4, "not the profile's"
    assert "L4" in found["refusals"][0]
    assert plan(run, "train", "bert")["fits"]
