"""What a submitted job tells the dashboard. `tests/cluster/test_submitted_jobs.py` looks at it there."""

from __future__ import annotations

import json
from typing import Any

import pytest

from jobs import metadata


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = []

    async def add(submission: str, values: Any) -> None:
        found.append((submission, dict(values)))

    monkeypatch.setattr(metadata, "_add", add)
    return found


def submitted(monkeypatch: pytest.MonkeyPatch) -> None:
    config = {"runtime_env": {}, "metadata": {"job_submission_id": "raysubmit_1"}}
    monkeypatch.setenv(metadata.JOB_CONFIG, json.dumps(config))


def test_a_submitted_job_tells_what_it_knows(
    monkeypatch: pytest.MonkeyPatch, told: list[tuple[str, Any]]
) -> None:
    submitted(monkeypatch)
    metadata.tell_dashboard({"snapshot_id": 7, "run_id": None, "profile": "prod"})
    assert told == [("raysubmit_1", {"snapshot_id": "7", "profile": "prod"})]


def test_nothing_is_told_elsewhere_or_where_nothing_is_known(
    monkeypatch: pytest.MonkeyPatch, told: list[tuple[str, Any]]
) -> None:
    monkeypatch.delenv(metadata.JOB_CONFIG, raising=False)
    metadata.tell_dashboard({"snapshot_id": 7})
    monkeypatch.setenv(metadata.JOB_CONFIG, "{}")
    metadata.tell_dashboard({"snapshot_id": 7})
    submitted(monkeypatch)
    metadata.tell_dashboard({"snapshot_id": None})
    assert told == []


def test_a_dashboard_that_cannot_be_told_does_not_fail_the_job(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def refuse(*_: object) -> None:
        raise ConnectionError("gone")

    monkeypatch.setattr(metadata, "_add", refuse)
    submitted(monkeypatch)
    metadata.tell_dashboard({"snapshot_id": 7})
    assert "was not told" in caplog.text
