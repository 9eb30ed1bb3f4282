"""The command line as a stranger meets it: help, wrong words, clear errors."""

from __future__ import annotations

import json
from pathlib import Path
from typing import NoReturn

import pytest

from jobs.__main__ import main

JOBS = (
    "ingest",
    "train",
    "evaluate",
    "explain",
    "generalise",
    "compare",
    "card",
    "promote",
    "rollback",
    "lineage",
    "labels",
    "audit",
    "data",
    "runs",
    "serve",
    "demo",
)


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as stop:
        main(list(words))
    out, err = capsys.readouterr()
    code = stop.value.code
    return (code if isinstance(code, int) else int(bool(code))), out, err


def test_help_names_every_job(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "--help")
    assert code == 0
    assert all(job in out for job in JOBS)


@pytest.mark.parametrize("job", JOBS)
def test_every_job_has_help_that_says_what_it_does(capsys: pytest.CaptureFixture[str], job: str) -> None:
    code, out, _ = run(capsys, job, "--help")
    assert code == 0
    assert len(out.split()) > 30


def test_an_unknown_job_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = run(capsys, "ingset")
    assert code == 2
    assert "ingset" in err


def test_an_unknown_source_says_what_is_possible(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    code, out, err = run(capsys, "ingest", "--source", "imdb", "--home", str(tmp_path), "--json")
    assert code == 1
    assert "imdb" in err
    assert "sample" in err
    assert json.loads(out.splitlines()[-1])["type"] == "SourceError"


def test_a_snapshot_that_is_not_there_is_named(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    code, _, err = run(capsys, "data", "show", "latest", "--home", str(tmp_path))
    assert code == 1
    assert "trending ingest" in err


def test_a_wrong_setting_is_named_with_its_file(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = tmp_path / "settings.yaml"
    file.write_text("train:\n  linear:\n    c: -1\n    colour: red\n", encoding="utf-8")
    code, _, err = run(capsys, "runs", "--settings", str(file), "--home", str(tmp_path))
    assert code == 1
    assert "train.linear.c" in err
    assert "train.linear.colour" in err
    assert str(file) in err


def test_no_run_yet_says_how_to_make_one(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    code, out, _ = run(capsys, "runs", "--home", str(tmp_path))
    assert code == 0
    assert "trending train" in out


def test_ctrl_c_inside_a_call_into_c_ends_like_ctrl_c(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted() -> NoReturn:
        raise SystemError("returned NULL without setting an exception") from KeyboardInterrupt()

    def broken() -> NoReturn:
        raise SystemError("something else")

    monkeypatch.setattr("jobs.cli.build_app", lambda: lambda **_: interrupted())
    assert run(capsys, "ingest")[0] == 130
    monkeypatch.setattr("jobs.cli.build_app", lambda: lambda **_: broken())
    with pytest.raises(SystemError, match="something else"):
        main(["ingest"])
