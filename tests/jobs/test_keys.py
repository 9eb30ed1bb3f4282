"""`trending keys`: made once, listed without secrets, revoked."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from jobs.__main__ import main
from serve_app.api.keys import KeyFile, KeyRing


def run(capsys: pytest.CaptureFixture[str], home: Path, *words: str) -> tuple[int, str, str]:
    code = 0
    try:
        main(["keys", *words, "--home", str(home)])
    except SystemExit as stop:
        code = stop.code if isinstance(stop.code, int) else int(bool(stop.code))
    out, err = capsys.readouterr()
    return code, out, err


def test_a_key_is_shown_once_and_works(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    words = ("add", "report", "--scope", "write", "--scope", "read", "--rate", "60", "--json")
    code, out, err = run(capsys, tmp_path, *words)
    assert code == 0
    made = json.loads(out.splitlines()[-1])
    assert (made["scopes"], made["rate_per_minute"]) == (["read", "write"], 60)
    assert made["key"] in err
    found = KeyRing(tmp_path / "keys.json").find(made["key"])
    assert found is not None
    assert found.name == "report"


def test_a_person_sees_the_key_whole_on_one_line(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    _, out, _ = run(capsys, tmp_path, "add", "report")
    [secret] = [line.strip() for line in out.splitlines() if line.strip().startswith("tn_")]
    assert KeyRing(tmp_path / "keys.json").find(secret) is not None


def test_the_list_has_no_secrets(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert "trending keys add" in run(capsys, tmp_path, "list")[1]
    _, out, _ = run(capsys, tmp_path, "add", "report", "--json")
    secret = json.loads(out)["key"]
    code, out, err = run(capsys, tmp_path, "list", "--json")
    assert code == 0
    assert [key["name"] for key in json.loads(out)["keys"]] == ["report"]
    assert secret not in out + err
    assert KeyFile(tmp_path / "keys.json").read()[0].sha256 not in out + err


def test_a_revoked_key_is_gone_and_the_last_one_leaves_the_service_closed(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    run(capsys, tmp_path, "add", "report")
    code, out, _ = run(capsys, tmp_path, "revoke", "report")
    assert code == 0
    assert "answers nobody" in " ".join(out.split())
    assert not KeyRing(tmp_path / "keys.json").is_open


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (("add", "x", "--scope", "root"), 2, "root"),
        (("add", "x", "--rate", "0"), 2, "rate"),
        (("revoke", "x"), 1, "no key named 'x'"),
    ],
)
def test_wrong_words_are_named(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, words: tuple[str, ...], code: int, message: str
) -> None:
    found, _, err = run(capsys, tmp_path, *words)
    assert found == code
    assert message in err
