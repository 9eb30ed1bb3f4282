"""A job submitted to a real cluster with the dashboard on, as `ray job submit` does it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


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
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=400, env=os.environ.copy()
    )
    assert done.returncode == 0, done.stdout + done.stderr
    figures = [json.loads(line) for line in done.stdout.splitlines() if line.startswith('{"')]
    assert (
        figures[-1]["rows_in"] == figures[-1]["accepted"] + figures[-1]["merged"] + figures[-1]["quarantined"]
    )
    assert (tmp_path / "home" / "warehouse").is_dir()
