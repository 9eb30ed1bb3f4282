from __future__ import annotations

import numpy as np
import pytest
import torch

from trending.training.bert.batches import LENGTH_STEP, Step, steps_of
from trending.training.bert.tokens import Window

PAD = 0


def make_window(lengths: list[int]) -> Window:
    """Row n holds its own number + 1 as every token."""
    return {
        "row": torch.arange(len(lengths)),
        "ids": torch.cat([torch.full((length,), n + 1) for n, length in enumerate(lengths)]),
        "lengths": torch.tensor(lengths),
        "labels": torch.eye(len(lengths), 3),
        "weight": torch.linspace(1, 2, len(lengths)),
    }


def lengths_of(count: int) -> list[int]:
    return np.random.default_rng(3).integers(2, 60, count).tolist()


def steps(count: int, *, epoch: int = 0, bucketing: bool = True) -> list[Step]:
    window = make_window(lengths_of(count))
    return list(steps_of([window], batch_size=8, seed=5, epoch=epoch, bucketing=bucketing))


def test_every_title_is_in_one_step_of_the_epoch() -> None:
    assert sorted(n for step in steps(53) for n in step.positions) == list(range(53))


def test_the_order_is_that_of_the_seed_and_another_in_the_next_epoch() -> None:
    first, again, next_epoch = steps(53), steps(53), steps(53, epoch=1)
    assert [s.positions for s in first] == [s.positions for s in again]
    assert [s.positions for s in first] != [s.positions for s in next_epoch]


def padding(found: list[Step]) -> float:
    batches = [part for step in found for part in step.parts(rank=0, world=1, accumulation=1, pad=PAD)]
    read = sum(int(batch.attention_mask.sum()) for batch in batches)
    held = sum(batch.input_ids.numel() for batch in batches)
    return 1 - read / held


def test_titles_of_like_length_share_a_step_so_that_little_is_padded() -> None:
    assert padding(steps(256)) < 0.5 * padding(steps(256, bucketing=False))


@pytest.mark.parametrize(("world", "accumulation"), [(1, 1), (2, 1), (3, 1), (2, 2), (1, 4)])
def test_the_parts_of_all_workers_are_the_step_whatever_their_number(world: int, accumulation: int) -> None:
    for step in steps(53):
        parts = [
            part
            for rank in range(world)
            for part in step.parts(rank=rank, world=world, accumulation=accumulation, pad=PAD)
        ]
        assert len(parts) == world * accumulation
        assert len({len(part.rows) for part in parts}) == 1, "every worker has as many rows as every other"
        counted = sorted(int(row) for part in parts for row in part.rows[part.weights > 0])
        assert counted == sorted(step.positions), "each title counts once"


def test_a_batch_holds_each_titles_tokens_labels_and_weight() -> None:
    window = make_window([3, 20, 7])
    (step,) = steps_of([window], batch_size=3, seed=0, epoch=0, bucketing=True)
    (batch,) = step.parts(rank=0, world=1, accumulation=1, pad=PAD)
    assert batch.input_ids.shape[1] % LENGTH_STEP == 0
    for n, row in enumerate(batch.rows.tolist()):
        kept = batch.input_ids[n][batch.attention_mask[n].bool()]
        assert kept.tolist() == [row + 1] * int(window["lengths"][row])
        assert (batch.input_ids[n][~batch.attention_mask[n].bool()] == PAD).all()
        assert batch.labels[n].tolist() == window["labels"][row].tolist()
        assert batch.weights[n] == window["weight"][row]
