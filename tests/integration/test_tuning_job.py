"""`trending tune` on the sample: Ctrl-C, going on, and a training with what came out."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import psutil
import pytest

from jobs.__main__ import main
from trending.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
TRIALS = 4
SETTINGS = "train:\n  xgboost:\n    rounds: 18\n    num_workers: 1\n"


def job(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    with pytest.raises(SystemExit) as stop:
        main([*words, "--json"])
    out, err = capsys.readouterr()
    assert stop.value.code == 0, err
    return json.loads(out)


@pytest.mark.slow
def test_a_search_is_stopped_goes_on_and_its_best_settings_train_a_model(
    sample_home: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "settings.yaml"
    file.write_text(SETTINGS, encoding="utf-8")
    home = str(sample_home.home)
    name, printed = stopped_after_its_first_trial("--home", home, "--settings", str(file))
    assert f"trending tune xgboost --resume {name}" in printed
    assert "Traceback" not in printed

    found = job(capsys, "tune", "xgboost", "--resume", name, "--home", home)
    assert found["study"] == name
    assert found["trials"] == TRIALS
    assert found["stopped_early"] + found["failed"] < TRIALS
    assert found["failed"] == 0

    trained = job(capsys, "train", "xgboost", "--settings", found["settings_file"], "--home", home)
    assert trained["snapshot_id"] == found["snapshot_id"]
    manifest = json.loads((Path(trained["bundle"]) / "manifest.json").read_text(encoding="utf-8"))
    best = found["best"]["settings"]
    assert {name: manifest["settings"]["xgboost"][name.split(".")[1]] for name in best} == best


def stopped_after_its_first_trial(*options: str) -> tuple[str, str]:
    """Run the job on its own Ray, press Ctrl-C when a trial is done; the study's name, and what was printed."""
    command = [sys.executable, "-m", "jobs", "tune", "xgboost", "--trials", str(TRIALS), *options]
    process = subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
    )
    assert process.stdout is not None
    lines: list[str] = []
    for line in process.stdout:
        lines.append(line)
        if line.startswith("  trial "):
            break
    family = psutil.Process(process.pid).children(recursive=True)
    os.killpg(process.pid, signal.SIGINT)
    guard = threading.Timer(120, process.kill)
    guard.start()
    lines.append(process.stdout.read())
    code = process.wait()
    guard.cancel()
    printed = "".join(lines)
    assert code == 130, printed
    _, alive = psutil.wait_procs(family, timeout=30)
    assert not alive, [one.name() for one in alive]
    return printed.partition("Study ")[2].partition(":")[0], printed
