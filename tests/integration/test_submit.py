"""A job submitted to a real cluster with the dashboard on, as `ray job submit` does it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def submit(command: list[str], *, patience_s: float = 90) -> subprocess.CompletedProcess[str]:
    """Run it; for as long as the cluster answers that its agent is not up yet, ask again."""
    deadline = time.monotonic() + patience_s
    while True:
        done = subprocess.run(
            command, cwd=ROOT, capture_output=True, text=True, timeout=400, env=os.environ.copy()
        )
        if "No available agent" not in done.stderr + done.stdout or time.monotonic() > deadline:
            return done
        time.sleep(2)


def test_ingest_runs_by_ray_job_submit(ray_cluster: str, tmp_path: Path) -> None:
    command = [
        str(Path(sys.executable).with_name("ray")),
        *(
            "job",
            "submit",
            "--address",
            ray_cluster,
            "--working-dir",
            ".",
            "--runtime-env",
            "runtime_env.yaml",
        ),
        *("--", sys.executable, "-m", "jobs", "ingest", "--home", str(tmp_path / "home"), "--json"),
    ]
    done = submit(command)
    assert done.returncode == 0, done.stdout + done.stderr
    figures = [json.loads(line) for line in done.stdout.splitlines() if line.startswith('{"')]
    assert (
        figures[-1]["rows_in"] == figures[-1]["accepted"] + figures[-1]["merged"] + figures[-1]["quarantined"]
    )
    assert (tmp_path / "home" / "warehouse").is_dir()
