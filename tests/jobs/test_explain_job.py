"""`trending explain` through the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from jobs.__main__ import main
from tests.evaluation.fitted import linear_bundle
from trending.catalog.snapshots import resolve_snapshot
from trending.features.documents import load_documents
from trending.settings import Settings


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as stop:
        main(["explain", *words])
    out, err = capsys.readouterr()
    code = stop.value.code
    return (code if isinstance(code, int) else int(bool(code))), out, err


def found(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    code, out, err = run(capsys, *words, "--json")
    assert code == 0, err
    (line,) = out.splitlines()
    return json.loads(line)


@pytest.fixture
def bundle(tmp_path: Path) -> str:
    return str(linear_bundle(tmp_path / "b").folder)


def test_a_plot_is_explained_by_its_words(
    bundle: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    plot = "A  ghost stalks the sheriff and the demon at night.<br>It wins."
    answer = found(capsys, bundle, "--plot", plot, "--title", "Night", "--top", "30", "--home", str(tmp_path))
    assert answer["document"] == "Night\nA ghost stalks the sheriff and the demon at night. It wins."
    assert (answer["model"], answer["title_id"], answer["method"]) == ("linear", None, "terms")
    (horror,) = answer["genres"]
    assert horror["genre"] == "Horror"
    assert horror["assigned"] is True
    assert {"ghost", "demon"} <= {word["text"] for word in horror["words"]}


def test_the_table_has_words_for_and_against(
    bundle: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    code, out, _ = run(
        capsys, bundle, "--plot", "A ghost stalks the sheriff at night", "--genre", "Western",
        "--method", "occlusion", "--home", str(tmp_path),
    )  # fmt: skip
    assert code == 0
    (line,) = [line for line in out.splitlines() if line.startswith("Western")]
    assert "sheriff +0." in line
    assert "-0." in line


@pytest.mark.parametrize("words", [(), ("--plot", "A plot", "--title-id", "ab12")])
def test_it_is_either_a_title_or_a_plot(
    bundle: str, capsys: pytest.CaptureFixture[str], words: tuple[str, ...]
) -> None:
    code, _, err = run(capsys, bundle, *words)
    assert code == 2
    assert "one of --title-id and --plot" in err


def test_an_unknown_way_or_genre_says_which_there_are(
    bundle: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    code, _, err = run(capsys, bundle, "--plot", "A plot", "--method", "guess")
    assert (code, "occlusion and terms" in err) == (2, True)
    code, _, err = run(capsys, bundle, "--plot", "A plot", "--genre", "Noir", "--home", str(tmp_path))
    assert (code, "Western, Horror, Comedy" in err) == (1, True)


def test_a_title_of_the_snapshot_is_found_by_the_beginning_of_its_id(
    sample_home: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    titles = load_documents(sample_home, resolve_snapshot(sample_home, "latest"))
    home = ("--home", str(sample_home.home))
    answer = found(
        capsys, "champion", "--title-id", titles.title_ids[3][:12], "--method", "terms", "--top", "3", *home
    )
    assert answer["title_id"] == titles.title_ids[3]
    assert answer["document"] == titles.documents[3]
    for genre in answer["genres"]:
        assert set(genre["parts"]) == {"words", "embedding", "ridge", "neighbours", "base"}
        assert len(genre["words"]) <= 3
    for wrong in ("nowhere", ""):
        code, _, err = run(capsys, "champion", "--title-id", wrong, *home)
        assert code == 1
        assert "title" in err
