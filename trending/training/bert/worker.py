"""One worker of a fine-tuning: its network in an engine, its part of each step, what it has in memory."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import torch
import torch.distributed

from trending.features.encoders import encoder_folder
from trending.models.bert_network import GenreNetwork, new_network
from trending.training.bert.batches import Batch, Step
from trending.training.bert.checkpoint import BEST, Weights, read_moments, read_progress, read_weights
from trending.training.bert.engine import WEIGHT, Engine, make_engine, trainable
from trending.training.bert.job import Job
from trending.training.bert.loss import title_losses
from trending.training.bert.optimizer import freeze, rate_factor
from trending.training.bert.progress import Progress

if TYPE_CHECKING:
    from ray.train import Checkpoint


@dataclass
class StepResult:
    """What one step came to, over all workers."""

    loss: float
    """Mean over the step's titles."""
    parts: list[Batch]
    """This worker's batches."""
    tokens: int
    """Of this worker, padding left out."""
    padded_tokens: int
    """Of this worker, padding counted."""

    @property
    def finite(self) -> bool:
        """The loss is a number."""
        return math.isfinite(self.loss)


@dataclass
class Worker:
    """Rank `rank` of `world`."""

    job: Job
    rank: int
    world: int
    device: torch.device
    engine: Engine
    names: list[str]
    """Trainable parameters, in the network's order."""
    positive_weights: torch.Tensor
    progress: Progress
    best: Weights = field(default_factory=dict)
    """Weights of the best epoch: those parameters that this worker writes into checkpoints."""

    def step(self, step: Step, *, factor: float | None = None) -> StepResult:
        """Forward, backward and the optimiser's step on one batch. A loss that is no number takes no step.

        The peak rates are multiplied by `factor`; None: by the schedule's.
        """
        settings = self.job.settings
        parts = [
            part.to(self.device)
            for part in step.parts(
                rank=self.rank,
                world=self.world,
                accumulation=settings.gradient_accumulation,
                pad=self.job.pad,
            )
        ]
        torch.manual_seed(self.job.seed + 1009 * self.progress.step + self.rank)
        scheduled = rate_factor(self.progress.step, self.job.total_steps, settings.optimizer.warmup_share)
        self.engine.set_rates(scheduled if factor is None else factor)
        total = 0.0
        for part in parts:
            loss = self.loss(part) / len(step.positions)
            total += self._over_workers(loss.detach())
            if not math.isfinite(total):
                break
            # Engines average over parts and workers; the loss of a step is a sum over them.
            self.engine.accumulate(loss * self.world * settings.gradient_accumulation)
        return StepResult(
            loss=total,
            parts=parts,
            tokens=sum(int(part.attention_mask.sum()) for part in parts),
            padded_tokens=sum(part.input_ids.numel() for part in parts),
        )

    def loss(self, batch: Batch) -> torch.Tensor:
        """Weighted sum of the titles' losses."""
        logits = self.engine.forward(batch.input_ids, batch.attention_mask)
        losses = title_losses(
            logits,
            batch.labels,
            self.positive_weights,
            smoothing=self.job.settings.label_smoothing,
        )
        return (losses * batch.weights).sum()

    @contextmanager
    def spending(self, what: str) -> Iterator[None]:
        """Count the time of the block."""
        began = time.perf_counter()
        yield
        self.progress.spend(what, time.perf_counter() - began)

    def _over_workers(self, value: torch.Tensor) -> float:
        if self.world > 1:
            value = value.clone()
            torch.distributed.all_reduce(value)
        return float(value)


def start_worker(job: Job) -> Worker:
    """The worker that Ray Train started, where the last checkpoint left it."""
    import ray.train
    import ray.train.torch

    context = ray.train.get_context()
    device = ray.train.torch.get_device() if job.gpu else torch.device("cpu")
    if not job.gpu:
        torch.set_num_threads(job.threads)
    network = _pretrained(job)
    names = list(trainable(network))
    rank, world = context.get_world_rank(), context.get_world_size()
    progress, moments, best = Progress(), None, {}
    if checkpoint := ray.train.get_checkpoint() or _start(job):
        with checkpoint.as_directory() as path:
            folder = Path(path)
            progress = read_progress(folder)
            network.load_state_dict(read_weights(folder, WEIGHT), strict=False)
            moments = read_moments(folder)
            kept = read_weights(folder, BEST)
        best = {name: kept[name] for n, name in enumerate(names) if n % world == rank and name in kept}
    engine = make_engine(network, job.settings, world=world, device=device, bf16=job.bf16)
    if moments is not None:
        engine.restore(moments, progress.step)
    positive_weights = torch.tensor(job.positive_weights, device=device)
    return Worker(job, rank, world, device, engine, names, positive_weights, progress, best)


def _start(job: Job) -> Checkpoint | None:
    import ray.train

    return ray.train.Checkpoint.from_directory(str(job.start)) if job.start else None


def _pretrained(job: Job) -> GenreNetwork:
    """The network before any step: the same on every worker."""
    torch.manual_seed(job.seed)
    network = new_network(encoder_folder(job.settings.model), genres=job.genres, dropout=job.settings.dropout)
    freeze(network, embeddings=job.settings.freeze_embeddings, layers=job.settings.frozen_layers)
    return network
