"""`trending labels` and `trending calibration` through the command line, on tables written without Ray."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from jobs.__main__ import main
from tests.evaluation.wordy_titles import too_high, wordy_home
from trending.features.documents import load_documents
from trending.models.bundle import save_bundle
from trending.settings import Settings


@pytest.fixture(scope="module")
def wordy(tmp_path_factory: pytest.TempPathFactory) -> tuple[Settings, int]:
    return wordy_home(tmp_path_factory.mktemp("wordy"), titles=400)


@pytest.fixture
def job(wordy: tuple[Settings, int], capsys: pytest.CaptureFixture[str]) -> Any:
    """Runs one job; returns exit code, its JSON and standard error."""

    def run(*words: str) -> tuple[int, dict[str, Any], str]:
        with pytest.raises(SystemExit) as stop:
            main([*words, "--home", str(wordy[0].home), "--json"])
        out, err = capsys.readouterr()
        (line,) = out.splitlines()
        return int(stop.value.code or 0), json.loads(line), err

    return run


def test_suspects_go_out_as_a_file_and_come_back_as_labels(job: Any, tmp_path: Path) -> None:
    file = tmp_path / "review.csv"
    code, found, told = job("labels", "suspects", "--limit", "5", "--export", str(file))
    assert code == 0
    assert found["found"] >= len(found["suspects"]) == 5
    assert "corrected" in told
    with file.open(newline="", encoding="utf-8-sig") as opened:
        rows = list(csv.DictReader(opened))
    assert [row["title_id"] for row in rows] == [one["title_id"] for one in found["suspects"]]

    rows[0]["corrected"] = rows[0]["genres"]
    rows[1]["corrected"] = "Comedy"
    with file.open("w", newline="", encoding="utf-8") as opened:
        writer = csv.DictWriter(opened, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    code, imported, told = job("labels", "import", str(file), "--name", "ann")
    assert code == 0
    assert (imported["changed"], imported["confirmed"], imported["left"]) == (1, 1, 3)
    assert "TRENDING_TRAIN__LABELS__CORRECTIONS" in told
    assert job("labels", "suspects")[1]["reviewed"] == 2


def test_a_wrong_row_ends_the_import_with_its_line(job: Any, tmp_path: Path) -> None:
    file = tmp_path / "wrong.csv"
    file.write_text("title_id,genres,corrected\nid-0,Western,Cowboys\n", encoding="utf-8")
    code, found, _ = job("labels", "import", str(file))
    assert code == 1
    assert found["type"] == "LabelError"
    assert "wrong.csv:2: corrected: unknown genre Cowboys" in found["error"]


def test_calibration_shows_every_genre_and_the_mean(
    wordy: tuple[Settings, int], job: Any, tmp_path: Path
) -> None:
    settings, snapshot = wordy
    documents = load_documents(settings, snapshot)
    bundle = save_bundle(
        too_high(documents),
        tmp_path / "b",
        thresholds=[0.5] * len(documents.genres),
        snapshot_id=snapshot,
        max_reviews=2,
    )
    code, found, told = job("calibration", str(bundle.folder), "--least", "20")
    assert code == 0
    assert found["mean_error"]["calibrated"] < found["mean_error"]["raw"]
    assert found["fitted_here"]
    assert {row["genre"] for row in found["stages"]["calibrated"]} == set(documents.genres)
    assert "mean, 20 titles or more" in told
