"""One Serve for all tests of the service: the whole app over HTTP, and the classifiers by themselves."""

from __future__ import annotations

import logging
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from ray import serve
from ray.serve.config import HTTPOptions

from serve_app.classifier import GenreClassifier
from serve_app.traffic import Traffic
from tests.serve_app.arena import APP, Arena, Asking, new_version
from trending.settings import LLMSettings, ServeSettings, Settings

QUIET = {"log_level": "WARNING"}


@pytest.fixture(scope="package")
def serve_address(ray_cluster: str) -> Iterator[tuple[str, int]]:
    """A Serve without apps, on a free port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    logging.getLogger("ray.serve").setLevel(logging.WARNING)
    serve.start(http_options=HTTPOptions(host="127.0.0.1", port=port), logging_config=QUIET)
    yield "127.0.0.1", port
    serve.shutdown()


@pytest.fixture(scope="package")
def arena(serve_address: tuple[str, int], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Arena]:
    """Classifiers of two kinds, of which tests register tiny versions; Traffic; a process that asks."""
    home: Path = tmp_path_factory.mktemp("arena")
    chosen = ServeSettings(fallbacks=("prior", "keyword"), refresh_s=3600)
    settings = Settings(home=home, serve=chosen)
    new_version(settings, 0.2, kind="keyword")
    new_version(settings, 0.6, alias="champion")
    classifiers = {
        kind: GenreClassifier.options(
            name=kind, ray_actor_options={"num_cpus": 0}, max_ongoing_requests=64, user_config={}
        ).bind()
        for kind in chosen.fallbacks
    }
    traffic = Traffic.options(user_config={}).bind(settings, classifiers)
    serve.run(Asking.bind(traffic, classifiers), name=APP, route_prefix=None, logging_config=QUIET)
    yield Arena(
        settings,
        serve.get_app_handle(APP),
        serve.get_deployment_handle("Traffic", APP),
    )
    serve.delete(APP)


@pytest.fixture(scope="package")
def service(serve_address: tuple[str, int], sample_home: Settings) -> Iterator[str]:
    """The whole app on the session's sample, its XGBoost champion and no language model; its address."""
    from serve_app.app import APP_NAME, champion_of, compose

    host, port = serve_address
    chosen = ServeSettings(host=host, port=port, fallbacks=("xgboost",), refresh_s=1)
    update = {"serve": chosen, "llm": LLMSettings(engine="none")}
    settings = sample_home.model_copy(update=update)
    serve.run(compose(settings, champion_of(settings)), name=APP_NAME, logging_config=QUIET)
    yield f"http://{host}:{port}"
    serve.delete(APP_NAME)
