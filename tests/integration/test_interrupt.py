"""Ctrl-C leaves nothing behind: no process, no staged file, no half-made snapshot."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import psutil

from trending.catalog.tables import Tables
from trending.settings import Settings

ROOT = Path(__file__).resolve().parents[2]


def test_ctrl_c_in_an_ingest_leaves_nothing_behind(tmp_path: Path) -> None:
    home = tmp_path / "home"
    command = [sys.executable, "-m", "jobs", "ingest", "--source", "reviews-package", "--home", str(home)]
    process = subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
    )
    assert process.stdout is not None
    started = next(line for line in process.stdout if "Starting Ray" in line)  # printed when the step is done
    assert "✓" in started
    family = psutil.Process(process.pid).children(recursive=True)
    assert family, "Ray's processes belong to the job"
    os.killpg(process.pid, signal.SIGINT)
    guard = threading.Timer(90, process.kill)
    guard.start()
    rest = process.stdout.read()
    code = process.wait()
    guard.cancel()
    assert code == 130, rest
    assert "Traceback" not in rest
    gone, alive = psutil.wait_procs(family, timeout=30)
    assert not alive, [p.name() for p in alive]
    assert len(gone) == len(family)
    settings = Settings(home=home)
    assert not settings.staging_dir.exists() or not list(settings.staging_dir.iterdir())
    assert Tables(settings).latest() is None
