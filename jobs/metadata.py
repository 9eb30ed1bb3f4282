"""What a submitted job says of itself in the dashboard, beside its log: which profile, snapshot and run."""

from __future__ import annotations

import asyncio
import json
import logging
import os
from collections.abc import Mapping
from typing import Any

JOB_CONFIG = "RAY_JOB_CONFIG_JSON_ENV_VAR"
"""Set by Ray for the driver of a submitted job."""
TOLD = ("snapshot_id", "run_id", "mlflow_run_id", "study", "model", "version", "bundle", "report", "decision")
"""Of a job's result, what leads to what it made."""


def tell_dashboard(facts: Mapping[str, Any]) -> None:
    """Add them to the metadata of the submitted job that this process is the driver of; elsewhere nothing happens.

    They help a person to find things, so a job does not fail for want of them.
    """
    submission = submission_id()
    values = {name: str(value) for name, value in facts.items() if value is not None}
    if submission is None or not values:
        return
    try:
        asyncio.run(_add(submission, values))
    except Exception:
        logging.getLogger(__name__).warning("The dashboard was not told: %s", values, exc_info=True)


def submission_id() -> str | None:
    """Of the submitted job whose driver this is."""
    config = json.loads(os.environ.get(JOB_CONFIG) or "{}")
    return (config.get("metadata") or {}).get("job_submission_id")


async def _add(submission: str, values: Mapping[str, str]) -> None:
    # Ray has no public way to add to the metadata of a job that runs.
    from ray._raylet import GcsClient  # pyright: ignore[reportAttributeAccessIssue]
    from ray.dashboard.modules.job.common import JobInfoStorageClient

    storage = JobInfoStorageClient(GcsClient(address=os.environ["RAY_ADDRESS"]))
    info = await storage.get_info(submission)
    if info is not None:
        info.metadata = {**(info.metadata or {}), **values}
        await storage.put_info(submission, info)
