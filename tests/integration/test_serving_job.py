"""`trending serve` as a process of its own, with Serve's throughput settings: it answers, and stops when told."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path
from unittest import mock

import httpx
import psutil
import pytest

from trending.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
START_S = 400


@pytest.mark.slow
@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_it_answers_and_ends_with_status_0_when_it_is_told_to_stop(
    sample_home: Settings, tmp_path: Path, stop: signal.Signals
) -> None:
    port = free_port()
    file = tmp_path / "settings.yaml"
    file.write_text("serve: {fallbacks: [xgboost]}\nllm: {engine: none}\n", encoding="utf-8")
    words = ["serve", "--port", str(port), "--home", str(sample_home.home), "--settings", str(file), "--json"]
    process = subprocess.Popen(
        [sys.executable, "-m", "jobs", *words],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={name: value for name, value in os.environ.items() if name != "RAY_ADDRESS"},
        start_new_session=True,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    guard = threading.Timer(START_S, process.kill)
    guard.start()
    line = process.stdout.readline()
    assert line, process.stderr.read()
    address = json.loads(line)["address"]
    assert address == f"http://127.0.0.1:{port}"
    with httpx.Client(base_url=address, timeout=60) as client:
        assert client.get("/readyz").status_code == 200
        body = {"title": "Heat", "plot": "A detective hunts a careful thief."}
        assert client.post("/v1/genres", json=body).raise_for_status().json()["arm"] == "champion"
        assert "text/html" in client.get("/").raise_for_status().headers["content-type"]
    family = psutil.Process(process.pid).children(recursive=True)
    process.send_signal(stop)
    _, errors = process.communicate()
    guard.cancel()
    assert process.returncode == 0, errors
    assert "Traceback" not in errors
    _, alive = psutil.wait_procs(family, timeout=30)
    assert not alive, [one.name() for one in alive]


def test_a_model_that_is_not_there_is_named_before_anything_starts(
    settings: Settings, capsys: pytest.CaptureFixture[str], ray_cluster: str
) -> None:
    from jobs.__main__ import main

    with mock.patch.dict(os.environ), pytest.raises(SystemExit) as stopped:
        main(["serve", "--home", str(settings.home), "--port", str(free_port()), "--llm", "none"])
    assert stopped.value.code == 1
    assert "nothing is registered yet" in capsys.readouterr().err


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]
