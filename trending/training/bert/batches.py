"""Batches of like length, the same whatever the number of workers.

Every worker reads the same rows in the same order and cuts the same batches out of them; of each batch it takes
its own part. So a training can go on with another number of workers, and one worker and several walk the same way.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from ray.data.collate_fn import ArrowBatchCollateFn

from trending.training.bert.tokens import Window, to_window

if TYPE_CHECKING:
    import pyarrow as pa
    from ray.data import DataIterator

    from trending.training.bert.job import Job

LENGTH_STEP = 8
"""Padded lengths are multiples of this many tokens."""


@dataclass(frozen=True)
class Batch:
    """One worker's part of a step, or one of the parts in which it takes it."""

    input_ids: torch.Tensor
    """`[n, length]`."""
    attention_mask: torch.Tensor
    labels: torch.Tensor
    """`[n, genres]`, 0 or 1."""
    weights: torch.Tensor
    """`[n]`; 0 for a row that only fills the batch up."""
    rows: torch.Tensor
    """`[n]`: which titles of the split."""

    def to(self, device: torch.device) -> Batch:
        """The same on another device."""
        return Batch(*(tensor.to(device) for tensor in vars(self).values()))


@dataclass(frozen=True)
class Rows:
    """A window of rows, addressed by position."""

    window: Window
    starts: torch.Tensor

    @classmethod
    def of(cls, window: Window) -> Rows:
        """The rows of a window."""
        ends = window["lengths"].cumsum(0)
        return cls(window, ends - window["lengths"])

    def batch(self, positions: Sequence[int], *, filler: int, pad: int) -> Batch:
        """The rows at these positions, the last `filler` of them with weight 0, padded to one length."""
        lengths = self.window["lengths"][list(positions)]
        longest = -(-int(lengths.max()) // LENGTH_STEP) * LENGTH_STEP
        ids = torch.full((len(positions), longest), pad, dtype=torch.long)
        for n, position in enumerate(positions):
            start, length = int(self.starts[position]), int(lengths[n])
            ids[n, :length] = self.window["ids"][start : start + length]
        weights = self.window["weight"][list(positions)].clone()
        if filler:
            weights[-filler:] = 0
        return Batch(
            input_ids=ids,
            attention_mask=(torch.arange(longest)[None, :] < lengths[:, None]).long(),
            labels=self.window["labels"][list(positions)],
            weights=weights,
            rows=self.window["row"][list(positions)],
        )


@dataclass(frozen=True)
class Step:
    """The rows of one optimiser step, over all workers."""

    rows: Rows
    positions: list[int]

    def parts(self, *, rank: int, world: int, accumulation: int, pad: int) -> list[Batch]:
        """`accumulation` batches of equal size: the share of one of `world` workers.

        Rows of weight 0 fill up what does not divide evenly, so that every worker takes part in every step.
        """
        shares = world * accumulation
        size = -(-len(self.positions) // shares)
        filled = self.positions + [self.positions[-1]] * (size * shares - len(self.positions))
        found = []
        for part in range(accumulation):
            mine = range(part * world + rank, size * shares, shares)
            filler = sum(n >= len(self.positions) for n in mine)
            found.append(self.rows.batch([filled[n] for n in mine], filler=filler, pad=pad))
        return found


class ToWindow(ArrowBatchCollateFn):
    """How Ray Data makes tensors of a token table's rows."""

    def __call__(self, batch: pa.Table) -> Window:
        """The rows as one window."""
        return to_window(batch)


def epoch_steps(job: Job, shard: DataIterator, epoch: int) -> Iterator[Step]:
    """The steps of one epoch: rows shuffled, in windows that are sorted by length together."""
    settings = job.settings
    rows = settings.batch_size * settings.bucket_batches
    windows = shard.iter_torch_batches(
        batch_size=rows,
        collate_fn=ToWindow(),
        device="cpu",
        local_shuffle_buffer_size=max(rows, settings.shuffle_rows),
        local_shuffle_seed=job.seed + epoch,
    )
    return steps_of(
        windows,  # pyright: ignore[reportArgumentType] (they are what `ToWindow` makes)
        batch_size=settings.batch_size,
        seed=job.seed,
        epoch=epoch,
        bucketing=settings.bucket_batches > 1,
    )


def steps_of(
    windows: Iterable[Window], *, batch_size: int, seed: int, epoch: int, bucketing: bool
) -> Iterator[Step]:
    """The steps of one epoch: in each window, rows of like length share a batch, and batches come in any order."""
    for number, window in enumerate(windows):
        rows = Rows.of(window)
        count = len(window["lengths"])
        order = np.argsort(window["lengths"].numpy(), kind="stable") if bucketing else np.arange(count)
        batches = [order[start : start + batch_size].tolist() for start in range(0, count, batch_size)]
        shuffled = np.random.default_rng([seed, epoch, number]).permutation(len(batches))
        for n in shuffled if bucketing else range(len(batches)):
            yield Step(rows, batches[n])
