"""`evaluate` and `generalise` through the command line, on a small catalogue."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from jobs.__main__ import main
from tests.evaluation.small_catalog import save_linear, two_platforms
from trending.evaluation.record import read_record
from trending.settings import Settings


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    settings = Settings(home=tmp_path_factory.mktemp("jobs"))
    two_platforms(settings)
    save_linear(settings, settings.bundles_dir / "linear")
    return settings


def run(capsys: pytest.CaptureFixture[str], home: Settings, *words: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as stop:
        main([*words, "--home", str(home.home)])
    out, err = capsys.readouterr()
    return int(str(stop.value.code or 0)), out, err


def as_json(out: str) -> dict[str, Any]:
    (line,) = out.splitlines()
    return json.loads(line)


def test_evaluate_prints_the_worst_slices_and_where_the_record_is(
    home: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = run(
        capsys, home, "evaluate", str(home.bundles_dir / "linear"), "--slice", "decade < 1990"
    )
    assert code == 0, err
    assert "Worst of" in out
    assert "expression=decade < 1990" in out
    record = Path(out.split("Record of linear: ")[1].splitlines()[0])
    assert read_record(record).subject.model == "linear"
    report = Path(out.split("Report: ")[1].splitlines()[0]).read_text(encoding="utf-8")
    assert "### Slices, worst first" in report
    assert "`platform=Amazon`" in report


def test_evaluate_as_json_has_the_scores_the_slices_and_the_record(
    home: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("evaluate", str(home.bundles_dir / "linear"), "--slice", "kind == 'movie'", "--json")
    code, out, err = run(capsys, home, *words)
    assert code == 0, err
    found = as_json(out)
    assert {"snapshot_id", "titles", "time_split", "test", "report", "record", "models"} <= set(found)
    slices = {f"{row['attribute']}={row['value']}": row for row in found["models"][0]["slices"]}
    assert slices["expression=kind == 'movie'"]["micro_f1"] == slices["kind=movie"]["micro_f1"]
    assert found["record"] == found["models"][0]["record"]
    assert read_record(Path(found["record"])).scores["micro_f1"] == found["test"]["micro_f1"]


def test_evaluate_refuses_a_slice_that_would_run_code(
    home: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("evaluate", str(home.bundles_dir / "linear"), "--slice", "open('x')", "--json")
    code, out, err = run(capsys, home, *words)
    assert code == 1
    assert "no comparison" in err
    assert as_json(out)["type"] == "SliceError"


def test_generalise_shows_each_way_of_holding_out(home: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, home, "generalise", "linear", "--platform", "Netflix")
    assert code == 0, err
    assert "without Netflix" in out
    assert "without Amazon" not in out
    record = json.loads(Path(out.split("Record: ")[1].splitlines()[0]).read_text(encoding="utf-8"))
    assert [one["name"] for one in record["holdouts"]] == ["random", "time", "without Netflix"]


def test_generalise_as_json_is_the_record(home: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, home, "generalise", "prior", "--platform", "Netflix", "--json")
    assert code == 0, err
    found = as_json(out)
    assert found == json.loads(Path(found["report"]).read_text(encoding="utf-8"))
    assert found["holdouts"][2]["same_titles"]["difference_ci95"]["micro_f1"] == [0, 0]
