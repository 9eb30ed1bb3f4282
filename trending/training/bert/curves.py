"""The curves of a fine-tuning in MLflow: each point once, however often the training was interrupted."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from trending.training.bert.progress import Progress

if TYPE_CHECKING:
    from trending.training.bert.job import Job

LAST_STEP = "trending.last_logged_step"
"""Tag of the run: curves are logged up to this step."""
AT_ONCE = 900
"""Points in one call: MLflow takes a thousand."""


def log_curves(job: Job, progress: Progress) -> None:
    """Log the points of the history that the run does not have yet. The first worker calls it, after a checkpoint
    that holds this history, so that no point is ever taken back. The last call also logs where the time went."""
    if not job.run_id:
        return
    from mlflow import MlflowClient
    from mlflow.entities import Metric, RunTag

    client = MlflowClient(job.tracking_uri)
    logged = int(client.get_run(job.run_id).data.tags.get(LAST_STEP, -1))
    now = int(time.time() * 1000)
    points = [
        Metric(name, value, now, int(point["step"]))
        for point in progress.history
        if point["step"] > logged
        for name, value in point.items()
        if name != "step"
    ]
    if progress.stopped:
        points += [
            Metric(f"seconds/{what}", seconds, now, progress.step)
            for what, seconds in progress.seconds.items()
        ]
    for start in range(0, len(points), AT_ONCE):
        client.log_batch(job.run_id, metrics=points[start : start + AT_ONCE])
    client.log_batch(job.run_id, tags=[RunTag(LAST_STEP, str(progress.step))])


def point(step: int, **values: Any) -> dict[str, float]:
    """One point of the history, under the names that MLflow shows."""
    return {"step": step, **{name.replace("__", "/"): float(value) for name, value in values.items()}}
