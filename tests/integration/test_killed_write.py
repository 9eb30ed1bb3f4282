"""A process that dies in the middle of an ingest leaves the last version of the data as it was.

A child process ingests on the cluster of the tests. At the place under test it says so and waits for ever;
the test then kills it. Nothing is left to chance or to the clock.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.catalog.catalogues import PLOTS, catalogue, film
from tests.integration.ingest_and_wait import CLEANING, FIRST_COMMIT, LAST_COMMIT
from trending.catalog.ingest import IngestResult, ingest
from trending.catalog.tables import Tables
from trending.settings import Settings

pytestmark = pytest.mark.usefixtures("ray_cluster")

ROOT = Path(__file__).resolve().parents[2]

BEFORE = [
    film("The Lamp", PLOTS[0], reviews=[{"text": "Cold and true."}]),
    film("Flour", PLOTS[1]),
    film("", PLOTS[2]),
]
AFTER = [
    *BEFORE,
    film("Ferry", PLOTS[5], reviews=[{"text": "Slow."}]),
    film("No Year", PLOTS[3], release_year=""),
]


@pytest.mark.parametrize("place", [CLEANING, FIRST_COMMIT, LAST_COMMIT])
def test_a_killed_ingest_leaves_the_last_version_intact(
    tmp_path: Path, settings: Settings, place: str
) -> None:
    file = tmp_path / "films.jsonl"
    before = ingest([catalogue(file, BEFORE)], settings)
    contents = read_all(settings)

    kill_in_the_middle(tmp_path, settings, place)

    assert Tables(settings).latest() == before.snapshot_id
    assert read_all(settings) == contents
    result = ingest([catalogue(file, AFTER)], settings)
    assert_all_there(result, settings)
    assert ingest([catalogue(file, AFTER)], settings).snapshot_id == result.snapshot_id


def test_a_killed_first_ingest_leaves_no_version(tmp_path: Path, settings: Settings) -> None:
    kill_in_the_middle(tmp_path, settings, LAST_COMMIT)

    assert Tables(settings).latest() is None
    assert read_all(settings) == {"titles": [], "reviews": [], "quarantine": []}
    assert_all_there(ingest([catalogue(tmp_path / "films.jsonl", AFTER)], settings), settings)


def read_all(settings: Settings) -> dict[str, list]:
    """All rows of all tables, read through Ray Data, in an order of their own."""
    return {
        name: sorted(Tables(settings).read(name).take_all(), key=str)
        for name in ("titles", "reviews", "quarantine")
    }


def assert_all_there(result: IngestResult, settings: Settings) -> None:
    assert result.titles.as_json() == {"rows_in": 5, "accepted": 3, "merged": 0, "quarantined": 2}
    assert result.reviews.as_json() == {"rows_in": 2, "accepted": 2, "merged": 0, "quarantined": 0}
    tables = read_all(settings)
    assert [len(rows) for rows in tables.values()] == [3, 2, 2]
    assert not settings.staging_dir.exists()


def kill_in_the_middle(tmp_path: Path, settings: Settings, place: str) -> None:
    """Start an ingest of `AFTER` in a process of its own, and kill it when it is where it should be."""
    import ray

    environment = os.environ | {"RAY_ADDRESS": ray.get_runtime_context().gcs_address, "PYTHONPATH": str(ROOT)}
    file = tmp_path / "films.jsonl"
    catalogue(file, AFTER)
    command = [
        sys.executable,
        "-m",
        "tests.integration.ingest_and_wait",
        str(file),
        str(settings.home),
        place,
    ]
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        try:
            assert any(line.strip() == place for line in child.stdout), "it ended before it was there"
        finally:
            child.kill()
    assert child.returncode == -signal.SIGKILL
