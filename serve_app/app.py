"""The app: gateway -> classifier. Started by `running_app`, or by `serve run` through `build`."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from ray import serve
from ray.serve import Application
from ray.serve.config import HTTPOptions

from serve_app.classifier import GenreClassifier
from serve_app.gateway import Gateway
from trending.settings import ServeSettings, Settings

APP_NAME = "trending"


def build_app(bundle: str, version: str, settings: ServeSettings) -> Application:
    """The deployments of one bundle, composed."""
    classifier = GenreClassifier.options(
        ray_actor_options={"num_cpus": 1},
        max_ongoing_requests=settings.max_batch_size * 4,
        max_queued_requests=settings.max_queued_requests,
    ).bind(bundle, version, settings.max_batch_size, settings.batch_wait_ms)
    gateway = Gateway.options(
        ray_actor_options={"num_cpus": 0},
        max_ongoing_requests=settings.max_queued_requests,
    )
    return gateway.bind(classifier, settings.max_batch_size)


@contextmanager
def running_app(settings: Settings) -> Iterator[str]:
    """The app on the current Ray cluster, ready; yields its address, and stops it at the end.

    Raises `RegistryError` where `settings.serve.model` names nothing, `BundleError` for a damaged bundle.
    """
    from trending.models.bundle import load_bundle
    from trending.models.registry import resolve_model

    resolved = resolve_model(settings, settings.serve.model)
    bundle = load_bundle(resolved.folder)
    host, port = settings.serve.host, settings.serve.port
    logging.getLogger("ray.serve").setLevel(logging.WARNING)
    serve.start(http_options=HTTPOptions(host=host, port=port), logging_config={"log_level": "WARNING"})
    try:
        app = build_app(str(resolved.folder), resolved.version or bundle.digest[:12], settings.serve)
        serve.run(app, name=APP_NAME, logging_config={"log_level": "WARNING"})
        yield f"http://{host}:{port}"
    finally:
        serve.shutdown()
