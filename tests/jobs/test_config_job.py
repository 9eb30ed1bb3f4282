"""`trending config`, and the profile of a command."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from jobs.__main__ import main
from trending.settings.profiles import PROFILES

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    def run_job(*words: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as stop:
            main(list(words))
        out, err = capsys.readouterr()
        code = stop.value.code
        return (code if isinstance(code, int) else int(bool(code))), out, err

    return run_job


def shown(run: Run, *words: str) -> dict[str, dict[str, object]]:
    code, out, err = run(*words, "--json")
    assert code == 0, err
    return json.loads(out)["settings"]


def test_a_profile_is_chosen_before_the_command_by_the_environment_or_for_show_alone(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = shown(run, "--profile", "prod", "config", "show", "train.xgboost")
    assert "TRENDING_PROFILE" not in os.environ, "a command leaves the environment as it was"
    assert before == shown(run, "config", "show", "train.xgboost", "--profile", "prod")
    monkeypatch.setenv("TRENDING_PROFILE", "prod")
    assert before == shown(run, "config", "show", "train.xgboost")
    workers = before["train.xgboost.num_workers"]
    assert workers["value"] == 4
    file, _, line = str(workers["from"]).rpartition(":")
    assert "num_workers: 4" in Path(file).read_text(encoding="utf-8").splitlines()[int(line) - 1]
    monkeypatch.setenv("TRENDING_PROFILE", "dev")
    assert before == shown(run, "--profile", "prod", "config", "show", "train.xgboost"), "an option wins"


def test_every_job_takes_the_profile(run: Run, tmp_path: Path) -> None:
    (tmp_path / "settings.yaml").write_text("train:\n  seed: soon\n", encoding="utf-8")
    code, _, err = run("--profile", str(tmp_path), "runs")
    assert code == 1
    assert f"{tmp_path}/settings.yaml:2: train.seed" in err


def test_an_unknown_profile_lists_those_that_there_are(run: Run) -> None:
    code, out, err = run("--profile", "production", "runs", "--json")
    assert code == 1
    assert "dev, laptop, prod, staging" in err
    assert json.loads(out)["type"] == "SettingsError"


def test_what_is_shown_to_a_person_says_where_secrets_are_and_not_what_they_are(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ICEBERG_CREDENTIAL", "hunter2")
    _, out, _ = run("--profile", "prod", "config", "show", "--changed")
    assert "ICEBERG_CREDENTIAL (there)" in out
    assert "hunter2" not in out
    assert "default" not in out.split()
    monkeypatch.delenv("ICEBERG_CREDENTIAL")
    assert "ICEBERG_CREDENTIAL (not there)" in run("--profile", "prod", "config", "show")[1]


def test_a_section_that_there_is_not_is_refused(run: Run) -> None:
    code, _, err = run("config", "show", "trian")
    assert (code, "trian" in err) == (1, True)


def test_check_reads_every_profile(run: Run) -> None:
    code, out, _ = run("config", "check", "--json")
    assert (code, json.loads(out)) == (0, {"profiles": ["dev", "laptop", "prod", "staging"], "wrong": {}})


def test_check_ends_with_1_and_names_the_line(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "settings.yaml").write_text("home: x\n", encoding="utf-8")
    (broken / "gate.yaml").write_text("name: x\nfloors: 3\n", encoding="utf-8")
    monkeypatch.setattr("trending.settings.profiles.PROFILES", tmp_path)
    code, out, _ = run("config", "check")
    assert code == 1
    assert f"{broken}/gate.yaml:2: floors" in out


def test_promote_is_judged_by_the_policy_of_the_profile(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from trending.errors import GateError
    from trending.evaluation.gate.policy import load_policy

    def judge(settings: object, candidate: str, *, policy_file: Path | None, **_: object) -> None:
        raise GateError(str(load_policy(settings, policy_file).path))  # pyright: ignore[reportArgumentType]

    monkeypatch.setattr("trending.evaluation.gate.promotion.promote", judge)
    _, _, err = run("--profile", "prod", "promote", "7", "--home", str(tmp_path))
    assert str(PROFILES / "prod" / "gate.yaml") in err
    own = str(PROFILES / "dev" / "gate.yaml")
    assert own in run("--profile", "prod", "promote", "7", "--policy", own, "--home", str(tmp_path))[2]
