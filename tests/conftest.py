"""Shared by all tests: one Ray cluster a session, settings whose state lives in a temporary folder."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from trending.settings import Settings

REAL_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


def pytest_configure() -> None:
    """No model hub, no authentication token of Ray on disk, one thread a library: of this process and of those
    that it starts. Some libraries read it when they are loaded, which is before the first fixture.
    """
    os.environ.update(
        HF_HUB_OFFLINE="1",
        OMP_NUM_THREADS="1",
        RAY_AUTH_MODE="disabled",
        RAY_TRAIN_HEALTH_CHECK_INTERVAL_S="0.2",
        RAY_USAGE_STATS_ENABLED="0",
        MLFLOW_DISABLE_TELEMETRY="true",
    )


@pytest.fixture(scope="session")
def ray_cluster() -> Iterator[str]:
    """A local Ray cluster with four logical CPUs and the dashboard, shared by the whole session and ended
    with it. Its value is the dashboard's address."""
    import ray

    from trending.ray_session import prepare_ray_data

    context = ray.init(
        address="local",
        num_cpus=4,
        object_store_memory=512 * 2**20,
        include_dashboard=True,
        log_to_driver=False,
    )
    prepare_ray_data()
    yield f"http://{context.dashboard_url}"
    ray.shutdown()


@pytest.fixture(scope="session")
def sample_home(ray_cluster: str, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The sample ingested once a session, and an XGBoost champion trained on it. Tests may add to it."""
    from trending.catalog.ingest import ingest
    from trending.sources.registry import parse_source
    from trending.training.train import train

    settings = Settings(home=tmp_path_factory.mktemp("sample"))
    ingest([parse_source("sample")], settings)
    train("xgboost", settings, alias="champion")
    return settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Defaults, with all state under the test's own folder."""
    return Settings(home=tmp_path / "home")


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Folder of the two public streaming catalogues; see the README for where to get them."""
    folder = Path(os.environ.get("TRENDING_REAL_DATA", REAL_DATA))
    if not (folder / "netflix_titles.csv").is_file():
        message = f"the real catalogues are not at {folder}; set TRENDING_REAL_DATA to their folder"
        if os.environ.get("TRENDING_REQUIRE_REAL_DATA"):
            pytest.fail(message)
        pytest.skip(message)
    return folder
