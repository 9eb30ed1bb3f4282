"""Servers as processes of their own: started, waited for, and surely ended with all that they started."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import httpx
import psutil

GRACE_S = 45.0
"""Between asking a server to end and ending it."""


@dataclass(frozen=True)
class Server:
    """A server that answers."""

    address: str
    pid: int
    started_s: float
    """From its start to its first answer."""


def free_port() -> int:
    """A TCP port of 127.0.0.1 that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(
    command: Sequence[str],
    port: int,
    *,
    ready: str,
    body: str | None = None,
    env: Mapping[str, str] | None = None,
    patience_s: float = 240.0,
) -> Iterator[Server]:
    """Start a server, wait until `ready` (a path) answers 200 to a GET, or to a POST of `body`; end it after.

    Raises `RuntimeError` with the end of its output where it ends, or does not answer in time.
    """
    began = time.perf_counter()
    with tempfile.TemporaryFile("w+") as log:
        process = subprocess.Popen(
            command, env=server_env(env or {}), stdout=log, stderr=subprocess.STDOUT, start_new_session=True
        )
        try:
            address = f"http://127.0.0.1:{port}"
            wait_until_ready(process, address + ready, body, patience_s, log)
            yield Server(address, process.pid, time.perf_counter() - began)
        finally:
            end(process)


def server_env(extra: Mapping[str, str]) -> dict[str, str]:
    """The environment of this process without what limits threads: every server sees the same machine."""
    limits = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
    inherited = {name: value for name, value in os.environ.items() if name not in limits}
    quiet = {
        "HF_HUB_OFFLINE": "1",
        "RAY_USAGE_STATS_ENABLED": "0",
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "TOKENIZERS_PARALLELISM": "false",
        "PYTHONPATH": str(Path(__file__).resolve().parents[1]),
    }
    return inherited | quiet | dict(extra)


def wait_until_ready(
    process: subprocess.Popen[bytes], url: str, body: str | None, patience_s: float, log: IO[str]
) -> None:
    """Ask until the answer is 200."""
    until = time.perf_counter() + patience_s
    with httpx.Client(timeout=30) as client:
        while time.perf_counter() < until:
            if process.poll() is not None:
                raise RuntimeError(f"the server ended ({process.returncode}):\n{tail(log)}")
            with suppress(httpx.HTTPError):
                headers = {"content-type": "application/json"}
                asked = client.get(url) if body is None else client.post(url, content=body, headers=headers)
                if asked.status_code == 200:
                    return
            time.sleep(0.2)
    raise RuntimeError(f"{url}: no answer in {patience_s:.0f} s:\n{tail(log)}")


def tail(log: IO[str], chars: int = 3000) -> str:
    """The end of what a server printed."""
    log.seek(0)
    return log.read()[-chars:]


def end(process: subprocess.Popen[bytes]) -> None:
    """SIGINT as a person would, then SIGKILL to it and whatever of its descendants is left."""
    family = descendants(process.pid)
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
        with suppress(subprocess.TimeoutExpired):
            process.wait(GRACE_S)
    for one in family:
        with suppress(psutil.NoSuchProcess):
            one.kill()
    if process.poll() is None:
        process.kill()
    process.wait()
    psutil.wait_procs(family, timeout=10)


def descendants(pid: int) -> list[psutil.Process]:
    """All processes below `pid`. Later calls of `kill` on them cannot hit others that took their number."""
    try:
        return psutil.Process(pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []
