"""docs/tutorial.md: what it shows is run, in an empty folder, in its order."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from pages import ROOT, blocks

PAGE = ROOT / "docs" / "tutorial.md"
BEGINS = "== block"


def script(parts: list[str], port: int) -> str:
    """All `bash` blocks as one script, which says where each begins and ends at the first failure."""
    told = "\n".join(f"echo; echo '{BEGINS}'\n{body}" for body in parts)
    return f"set -euo pipefail\n{told}".replace("8000", str(port))


@pytest.fixture
def ray_folder() -> Iterator[Path]:
    """Ray's own folder: with it, no Ray that runs on this machine is joined. Short, for its sockets."""
    with tempfile.TemporaryDirectory(prefix="tn", dir="/tmp") as folder:
        yield Path(folder)


@pytest.mark.slow
@pytest.mark.timeout(2400)
def test_the_tutorial_goes_from_nothing_to_a_served_and_promoted_model(
    tmp_path: Path, ray_folder: Path
) -> None:
    parts = blocks(PAGE, "bash")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    said, status = output_of(script(parts, port), tmp_path, ray_folder)
    assert status == 0, said
    outputs = said.split(f"{BEGINS}\n")[1:]
    assert len(outputs) == len(parts)
    by_command = {body.splitlines()[0].split(" >")[0]: out for body, out in zip(parts, outputs, strict=True)}
    assert "Promoted: version 4 (xgboost) against version 3" in by_command["trending promote 4"]
    assert "ready" in by_command["trending serve --port 8000 --llm none"]
    [asked] = [out for command, out in by_command.items() if "/v1/genres" in command]
    assert json.loads(asked)["model"]["name"] == "xgboost"
    [back] = [out for command, out in by_command.items() if command.startswith("trending rollback")]
    assert "version 3" in back


def output_of(commands: str, folder: Path, ray_folder: Path) -> tuple[str, int]:
    """What the commands said, and their exit status. Whatever they leave running is stopped."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TRENDING_")}
    # `trending` by its name, as in an activated environment, and the code of this checkout.
    environment |= {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "RAY_TMPDIR": str(ray_folder),
    }
    run = subprocess.Popen(
        ["bash", "-c", commands],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        said, _ = run.communicate(timeout=2300)
    finally:
        with suppress(ProcessLookupError):  # a service that was left behind by a step that failed
            os.killpg(run.pid, signal.SIGTERM)
    return said, run.returncode


def test_every_block_of_the_tutorial_is_run_but_the_installation() -> None:
    assert len(blocks(PAGE, "sh")) == 1
    assert "make setup" in blocks(PAGE, "sh")[0]
    assert blocks(PAGE, "", "console", "shell") == []
