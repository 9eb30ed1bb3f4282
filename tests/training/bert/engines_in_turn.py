"""A training loop for `test_bert_training.py`, in a module that Ray's workers can import."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import islice
from typing import Any

from trending.training.bert.batches import epoch_steps
from trending.training.bert.job import Job
from trending.training.bert.worker import start_worker

STEPS = 20
ENGINES = (("torch", 0), ("deepspeed", 0), ("deepspeed", 1), ("deepspeed", 2), ("deepspeed", 3))


def first_losses(config: Mapping[str, Any]) -> dict[str, list[float]]:
    """The first losses of every engine, one after the other on the same workers."""
    import ray.train

    job, shard = config["job"], ray.train.get_dataset_shard("train")
    assert shard is not None
    found = {}
    for engine, stage in ENGINES:
        chosen = job.settings.model_copy(update={"engine": engine, "zero_stage": stage})
        found[f"{engine} {stage}"] = losses_of(replace(job, settings=chosen), shard)
    chosen = job.settings.model_copy(update={"engine": "torch"})
    found["rate 0"] = losses_of(replace(job, settings=chosen), shard, factor=0.0)
    return found


def losses_of(job: Job, shard: Any, *, factor: float | None = None) -> list[float]:
    worker = start_worker(job)
    losses = []
    for step in islice(epoch_steps(job, shard, 0), STEPS):
        losses.append(worker.step(step, factor=factor).loss)
        worker.progress.step += 1
    return losses
