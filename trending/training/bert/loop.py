"""What each Ray Train worker does: epochs of steps, validation, checkpoints, until there is a reason to stop."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any

from trending.training.bert.batches import epoch_steps
from trending.training.bert.checkpoint import gather, report_checkpoint
from trending.training.bert.curves import log_curves, point
from trending.training.bert.engine import WEIGHT
from trending.training.bert.job import TRAIN, VALIDATION, Job
from trending.training.bert.non_finite import keep_for_replay
from trending.training.bert.progress import NON_FINITE
from trending.training.bert.validation import read_validation, validate
from trending.training.bert.watch import leave_note
from trending.training.bert.worker import StepResult, Worker, start_worker

if TYPE_CHECKING:
    from ray.data import DataIterator

    from trending.training.bert.batches import Step

LOG_STEPS = 10
"""Steps that share a point of the loss curve."""


def train_loop(config: Mapping[str, Any]) -> None:
    """Runs on every worker. A restarted one goes on after the last checkpoint, in the middle of its epoch."""
    import ray.train

    job: Job = config["job"]
    worker = start_worker(job)
    shard = ray.train.get_dataset_shard(TRAIN)
    held = ray.train.get_dataset_shard(VALIDATION)
    assert shard is not None
    assert held is not None
    validation = read_validation(held)
    while not worker.progress.stopped:
        if train_epoch(worker, shard):
            finish_epoch(worker, validation)


def train_epoch(worker: Worker, shard: DataIterator) -> bool:
    """The steps that are left of an epoch; False if it had to stop."""
    job, progress = worker.job, worker.progress
    tally = Tally()
    steps = iter(islice(epoch_steps(job, shard, progress.epoch), progress.batch, None))
    while True:
        with worker.spending("data"):
            step = next(steps, None)
        if step is None:
            progress.history.append(tally.rates(progress.step))
            return True
        with worker.spending("steps"):
            result = worker.step(step)
        if not result.finite:
            keep_for_replay(worker, result)
            progress.stopped = NON_FINITE
            save(worker, {"step": progress.step})
            return False
        progress.step += 1
        progress.batch += 1
        tally.add(result, worker.engine.gradient_norm, len(step.positions) / worker.world)
        if progress.step % LOG_STEPS == 0 or progress.batch == job.steps_per_epoch:
            progress.history.append(tally.curve(progress.step))
            if worker.rank == 0:
                leave_note(job, progress, result.loss)
        if progress.batch % job.settings.checkpoint_steps == 0 and progress.batch < job.steps_per_epoch:
            save(worker, {"step": progress.step, "train_loss": result.loss})


def finish_epoch(worker: Worker, validation: list[Step]) -> None:
    """Validate, keep the weights if they are the best, checkpoint."""
    progress = worker.progress
    with worker.spending("validation"):
        found = validate(worker, validation)
    better = progress.finish_epoch(found["validation_macro_f1"], worker.job.settings)
    progress.history.append(
        point(progress.step, **{f"epoch__{name}": value for name, value in found.items()})
    )
    save(worker, {"step": progress.step, "epoch": progress.epoch, **found}, best=better)


def save(worker: Worker, metrics: Mapping[str, Any], *, best: bool = False) -> None:
    """A checkpoint by all workers; what is in it is then logged."""
    with worker.spending("checkpoints"):
        state = gather(worker.engine, worker.names, rank=worker.rank, world=worker.world)
        if best:
            worker.best = {name: kinds[WEIGHT] for name, kinds in state.items()}
        report_checkpoint(worker.progress, metrics, state, worker.best, rank=worker.rank, world=worker.world)
    if worker.rank == 0:
        log_curves(worker.job, worker.progress)


@dataclass
class Tally:
    """Sums since the last point of the curve, and since the epoch began."""

    losses: list[float] = field(default_factory=list)
    norms: list[float] = field(default_factory=list)
    titles: float = 0.0
    tokens: int = 0
    padded: int = 0
    began: float = field(default_factory=time.perf_counter)

    def add(self, result: StepResult, norm: float, titles: float) -> None:
        """One more step."""
        self.losses.append(result.loss)
        self.norms.append(norm)
        self.titles += titles
        self.tokens += result.tokens
        self.padded += result.padded_tokens

    def curve(self, step: int) -> dict[str, float]:
        """Mean loss and largest gradient norm since the last point."""
        found = point(
            step, step__loss=sum(self.losses) / len(self.losses), step__gradient_norm=max(self.norms)
        )
        self.losses, self.norms = [], []
        return found

    def rates(self, step: int) -> dict[str, float]:
        """Speed of a worker over the epoch (or what was left of it), and the share of tokens that is padding."""
        seconds = time.perf_counter() - self.began
        return point(
            step,
            epoch__titles_per_second=self.titles / seconds,
            epoch__tokens_per_second=self.tokens / seconds,
            epoch__padding=1 - self.tokens / max(self.padded, 1),
        )
