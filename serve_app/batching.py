"""Dynamic batches of like length: what waits is gathered while the model is busy, and nothing waits for an idle one.

`serve.batch` gathers by time. Under load it hands over what came within a few milliseconds, of all lengths at once,
and on a CPU such batches are slower than none (decision 9).
"""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict, deque
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np

from trending.models.base import GenreModel, Probabilities

OTHERS_IN_FLIGHT = 2
"""Batches at once of a model that does not say: one computes while the answers of the other are sent."""


@runtime_checkable
class LengthAware(Protocol):
    """A model whose batches pay only among texts of one padded length."""

    @property
    def batch_size(self) -> int:
        """Most texts in a batch that pays."""
        ...

    @property
    def in_flight(self) -> int:
        """Batches that it computes at once."""
        ...

    def padded_lengths(self, documents: Sequence[str]) -> list[int]:
        """Tokens of each document as it is computed, padding included."""
        ...


@dataclass(frozen=True)
class BatchLimits:
    """What may be changed while the batcher runs."""

    max_batch_size: int = 32
    batch_wait_ms: float = 5.0


@dataclass
class _Waiting:
    document: str
    since: float
    answer: asyncio.Future[np.ndarray]


_Lines = dict[int, deque[_Waiting]]
"""What waits, by padded length."""


class Batcher:
    """Documents of many requests in, a row of probabilities for each out."""

    def __init__(self, model: GenreModel, limits: BatchLimits | None = None) -> None:
        """Batches for `model`, whose `predict_proba` is called in threads."""
        self.limits = limits or BatchLimits()
        self._model = model
        self._aware = model if isinstance(model, LengthAware) else None
        self._free = self._aware.in_flight if self._aware else OTHERS_IN_FLIGHT
        self._threads = ThreadPoolExecutor(self._free, "batches")
        self._waiting: _Lines = defaultdict(deque)
        self._patient: _Lines = defaultdict(deque)
        self._flying: set[asyncio.Task[None]] = set()

    async def predict(self, documents: Sequence[str], *, patient: bool = False) -> Probabilities:
        """`[len(documents), genres]`. Cancelled, it gives up the documents that have not begun.

        What is `patient` is computed when nothing else waits.
        """
        if not documents:
            return np.zeros((0, len(self._model.genres)), np.float32)
        lengths = self._aware.padded_lengths(documents) if self._aware else [0] * len(documents)
        loop, now = asyncio.get_running_loop(), time.monotonic()
        asked = [_Waiting(document, now, loop.create_future()) for document in documents]
        for one, length in zip(asked, lengths, strict=True):
            (self._patient if patient else self._waiting)[length].append(one)
        self._dispatch()
        return np.stack(await asyncio.gather(*(one.answer for one in asked)))

    def _dispatch(self) -> None:
        """Start batches until the model is busy or nothing waits."""
        while self._free and (batch := self._next_batch()):
            self._free -= 1
            task = asyncio.ensure_future(self._compute(batch))
            self._flying.add(task)
            task.add_done_callback(self._flying.discard)

    async def _compute(self, batch: list[_Waiting]) -> None:
        loop = asyncio.get_running_loop()
        documents = [one.document for one in batch]
        try:
            rows = await loop.run_in_executor(self._threads, self._model.predict_proba, documents)
        except Exception as error:  # noqa: BLE001 (whatever it is, those who asked are told)
            for one in batch:
                if not one.answer.done():
                    one.answer.set_exception(error)
        else:
            for one, row in zip(batch, rows, strict=True):
                if not one.answer.done():
                    one.answer.set_result(row)
        finally:
            self._free += 1
            self._dispatch()

    def _next_batch(self) -> list[_Waiting]:
        """The fullest batch of one length, but first what has waited longer than `batch_wait_ms`."""
        for waiting in (self._waiting, self._patient):
            _drop_given_up(waiting)
            if waiting:
                return self._taken_from(waiting)
        return []

    def _taken_from(self, waiting: _Lines) -> list[_Waiting]:
        size = self.limits.max_batch_size
        if self._aware:
            size = min(size, self._aware.batch_size)
        oldest = min(waiting, key=lambda length: waiting[length][0].since)
        late = time.monotonic() - waiting[oldest][0].since > self.limits.batch_wait_ms / 1000
        chosen = oldest if late else max(waiting, key=lambda n: min(len(waiting[n]), size))
        queue = waiting[chosen]
        batch = [queue.popleft() for _ in range(min(size, len(queue)))]
        if not queue:
            del waiting[chosen]
        return batch


def _drop_given_up(waiting: _Lines) -> None:
    """Requests that were cancelled ask for nothing any more."""
    for length in list(waiting):
        queue = waiting[length]
        if any(one.answer.done() for one in queue):
            queue = waiting[length] = deque(one for one in queue if not one.answer.done())
        if not queue:
            del waiting[length]
