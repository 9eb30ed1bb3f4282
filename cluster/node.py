"""One Ray node as a process of its own: `ray start --block`, and everything under it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from trending.errors import ClusterError

if TYPE_CHECKING:
    import psutil

STARTED = "Ray runtime started."
START_S = 120.0
STOP_S = 20.0
POLL_S = 0.1
OF_A_CLUSTER = ("RAY_ADDRESS", "RAY_API_SERVER_ADDRESS")


@dataclass(frozen=True)
class Node:
    """A node that was started here."""

    name: str
    pid: int
    """Of `ray start`, whose children are the node's own processes."""
    born: float
    """When that process began, so that another one by its number is not taken for it."""
    cpus: int
    gpus: int
    log: str

    @property
    def alive(self) -> bool:
        """Whether its `ray start` still runs."""
        return _process(self.pid, self.born) is not None


def start_node(
    name: str, arguments: Sequence[str], log: Path, *, cpus: int, gpus: int, env: Mapping[str, str]
) -> Node:
    """Start it and wait until it is up.

    It outlives this process, and does not hear this terminal's Ctrl-C. Raises `ClusterError` with the end of its log
    where it does not come up.
    """
    import psutil

    command = [str(Path(sys.executable).with_name("ray")), "start", "--block", "--disable-usage-stats"]
    command += [f"--num-cpus={cpus}", f"--num-gpus={gpus}", *arguments]
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as out:
        started = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, env={**env}, start_new_session=True
        )
    node = Node(name, started.pid, psutil.Process(started.pid).create_time(), cpus, gpus, str(log))
    deadline = time.monotonic() + START_S
    try:
        while STARTED not in _text(log):
            if started.poll() is not None or time.monotonic() > deadline:
                raise ClusterError(f"The node {name} did not start. The end of {log}:\n{_text(log)[-1500:]}")
            time.sleep(POLL_S)
    except BaseException:  # Ctrl-C too
        stop_node(node, kill=True)
        raise
    return node


def stop_node(node: Node, *, kill: bool = False) -> None:
    """End it and all that it started, nodes of an autoscaler too; with `kill` at once, as a power cut would.

    A node that is gone already is no error.
    """
    import psutil

    root = _process(node.pid, node.born)
    if root is None:
        return
    family = [root, *root.children(recursive=True)]
    if kill:
        _signal(family, signal.SIGKILL)
    else:
        _signal([root], signal.SIGTERM)
    _, left = psutil.wait_procs(family, timeout=STOP_S)
    _signal(left, signal.SIGKILL)
    psutil.wait_procs(left, timeout=STOP_S)


def _signal(processes: Sequence[psutil.Process], number: int) -> None:
    import psutil

    for process in processes:
        try:
            process.send_signal(number)
        except psutil.NoSuchProcess:
            continue


def _process(pid: int, born: float) -> psutil.Process | None:
    import psutil

    try:
        found = psutil.Process(pid)
        same = abs(found.create_time() - born) < 1 and found.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return None
    return found if same else None


def _text(log: Path) -> str:
    return log.read_text(encoding="utf-8", errors="replace")


def free_ports(count: int) -> list[int]:
    """Ports of this machine that nobody listens on, all different."""
    import socket

    sockets = [socket.socket() for _ in range(count)]
    try:
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]
    finally:
        for one in sockets:
            one.close()


def inherited() -> dict[str, str]:
    """This process's environment without what ties it to another cluster."""
    return {name: value for name, value in os.environ.items() if name not in OF_A_CLUSTER}
