"""`trending promote`, `approve`, `rollback`, `models`, `lineage` and `audit` as a person meets them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from jobs.__main__ import main
from tests.evaluation.gate.registered import EQUAL, PASSING, champion, registered
from trending.evaluation.audit import LOG
from trending.evaluation.gate.champion import appoint
from trending.settings import Settings

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(settings: Settings, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs a job on the test's home; returns exit code, standard output in one line, standard error."""

    def run_job(*words: str) -> tuple[int, str, str]:
        capsys.readouterr()
        with pytest.raises(SystemExit) as stop:
            main([*words, "--home", str(settings.home)])
        out, err = capsys.readouterr()
        code = stop.value.code
        return (code if isinstance(code, int) else int(bool(code))), " ".join(out.split()), err

    return run_job


def measured(monkeypatch: pytest.MonkeyPatch, collect: Any) -> None:
    monkeypatch.setattr("trending.evaluation.gate.collect.collect_facts", collect)


def test_a_home_without_models_says_what_to_do(run: Run) -> None:
    assert "trending train" in run("models")[1]
    assert "trending promote" in run("audit", "list")[1]
    code, out, _ = run("audit", "verify")
    assert (code, "0 record(s), sound" in out) == (0, True)
    for words in (("promote", "7"), ("lineage", "7")):
        code, _, err = run(*words)
        assert code == 1
        assert "nothing is registered yet" in err
    assert "no earlier champion" in run("rollback")[2]
    assert "names no decision(s)" in run("approve", "2026")[2]


def test_a_blocked_candidate_ends_with_1_and_the_reason(
    run: Run, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = registered(settings, 0.1)
    appoint(settings, first)
    measured(monkeypatch, EQUAL)
    code, out, _ = run("promote", registered(settings, 0.1))
    assert code == 1
    assert "Blocked: version 2 (prior) against version 1" in out
    assert "better than the champion: champion 0 (+0.0000 to +0.0000), wanted > 0" in out
    assert champion(settings) == first


def test_promote_approve_and_roll_back(run: Run, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    first = registered(settings, 0.1)
    appoint(settings, first)
    second = registered(settings, 0.2)
    measured(monkeypatch, PASSING)
    code, out, _ = run("promote", second, "--require-approval", "--json")
    waiting = json.loads(out)
    assert (code, waiting["outcome"]) == (0, "waiting")
    code, out, _ = run("approve", f"v{second}")
    assert code == 0
    assert f"Promoted: version {second}" in out
    code, out, _ = run("rollback", "--why", "drill")
    assert code == 0
    assert f"Champion: version {first} again, instead of version {second}" in out
    assert "rolled back" in run("models")[1]
    assert "drill" in run("audit", "list", "--json")[1]
    code, out, _ = run("rollback", "--to", "9")
    assert code == 1


def test_a_changed_log_ends_with_1_and_names_the_line(run: Run, settings: Settings) -> None:
    appoint(settings, registered(settings, 0.1), who="ada@laptop")
    path = settings.audit_dir / LOG
    path.write_text(path.read_text(encoding="utf-8").replace("ada", "eve"), encoding="utf-8")
    code, out, _ = run("audit", "verify")
    assert code == 1
    assert "line 1: record 1 was changed" in out
    code, out, _ = run("audit", "verify", "--json")
    assert (code, json.loads(out)["sound"]) == (1, False)


def test_a_digest_that_was_kept_is_looked_for(run: Run, settings: Settings) -> None:
    appoint(settings, registered(settings, 0.1))
    head = json.loads(run("audit", "verify", "--json")[1])["head"]
    assert run("audit", "verify", "--expect", head)[0] == 0
    assert run("audit", "verify", "--expect", "f" * 64)[0] == 1


def test_a_wrong_policy_is_named_with_its_line(run: Run, settings: Settings, tmp_path: Path) -> None:
    policy = tmp_path / "gate.yaml"
    policy.write_text("name: mine\nfloors:\n  macro_f1: 40\n", encoding="utf-8")
    code, _, err = run("promote", registered(settings, 0.1), "--policy", str(policy))
    assert code == 1
    assert f"{policy}:3: floors.macro_f1" in err
