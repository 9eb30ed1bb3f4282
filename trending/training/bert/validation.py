"""The validation titles, scored by all workers together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
import torch.distributed

from trending.evaluation.metrics import f1_from_counts
from trending.models.thresholds import tune_thresholds
from trending.training.bert.batches import Batch, Step, ToWindow, steps_of
from trending.training.bert.loss import title_losses

if TYPE_CHECKING:
    from ray.data import DataIterator

    from trending.training.bert.worker import Worker

ROWS = 64
"""Titles in one batch of a worker."""


def read_validation(shard: DataIterator) -> list[Step]:
    """All rows of the dataset, in batches of like length."""
    windows = shard.iter_torch_batches(batch_size=None, collate_fn=ToWindow(), device="cpu")
    merged = _joined(list(windows))
    return list(steps_of([merged], batch_size=ROWS, seed=0, epoch=0, bucketing=True))


def validate(worker: Worker, steps: list[Step]) -> Mapping[str, float]:
    """`validation_loss` (log loss, unweighted) and `validation_macro_f1` with thresholds tuned on these titles.

    The same on every worker. Every worker does as many forward passes as every other, as ZeRO 3 needs.
    """
    worker.engine.train(False)
    found: dict[int, Any] = {}
    with torch.no_grad():
        for batch in _mine(worker, steps):
            logits = worker.engine.forward(batch.input_ids, batch.attention_mask).float().cpu()
            for row, weight, *values in zip(
                batch.rows, batch.weights, logits, batch.labels.cpu(), strict=True
            ):
                if weight > 0:
                    found[int(row)] = values
    worker.engine.train(True)
    rows = _of_all(worker, found)
    logits = torch.stack([rows[row][0] for row in sorted(rows)])
    labels = torch.stack([rows[row][1] for row in sorted(rows)])
    losses = title_losses(logits, labels, torch.ones(labels.shape[1]))
    truth, probabilities = labels.numpy() > 0.5, torch.sigmoid(logits).numpy()
    chosen = probabilities >= np.asarray(tune_thresholds(truth, probabilities))
    f1 = f1_from_counts((truth & chosen).sum(axis=0), chosen.sum(axis=0), truth.sum(axis=0))
    return {"validation_loss": float(losses.mean()), "validation_macro_f1": float(f1.mean())}


def _mine(worker: Worker, steps: list[Step]) -> Iterator[Batch]:
    for step in steps:
        (batch,) = step.parts(rank=worker.rank, world=worker.world, accumulation=1, pad=worker.job.pad)
        yield batch.to(worker.device)


def _of_all(worker: Worker, found: dict[int, Any]) -> dict[int, Any]:
    if worker.world == 1:
        return found
    everyone: list[Any] = [None] * worker.world
    torch.distributed.all_gather_object(everyone, found)
    return {row: values for part in everyone for row, values in part.items()}


def _joined(windows: list[dict[str, torch.Tensor]]) -> dict[str, torch.Tensor]:
    return {name: torch.cat([window[name] for window in windows]) for name in windows[0]}
