"""Batches of like length, gathered while the model is busy."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence

import numpy as np
import pytest

from serve_app.batching import OTHERS_IN_FLIGHT, Batcher, BatchLimits
from trending.models.calibrators import Calibration, Calibrator
from trending.models.prior import PriorModel


class Counting:
    """The probability of a document is its number of words; each batch waits to be let through."""

    name = "counting"
    genres = ("Drama",)
    batch_size = 4
    in_flight = 1

    def __init__(self) -> None:
        self.batches: list[list[str]] = []
        self.gate = threading.Semaphore(0)

    def padded_lengths(self, documents: Sequence[str]) -> list[int]:
        return [len(document.split()) for document in documents]

    def predict_proba(self, documents: Sequence[str]) -> np.ndarray:
        self.batches.append(list(documents))
        assert self.gate.acquire(timeout=20)
        if "broken" in documents:
            raise ValueError("broken")
        return np.array([[len(document.split())] for document in documents], np.float32)

    def let_all_through(self) -> None:
        self.gate.release(1000)


async def until(condition: object) -> None:
    while not condition():  # type: ignore[operator]
        await asyncio.sleep(0)


def asked(batcher: Batcher, *documents: str) -> asyncio.Task[np.ndarray]:
    return asyncio.ensure_future(batcher.predict(documents))


def test_an_idle_model_is_asked_at_once_and_a_busy_one_gets_full_batches_of_one_length() -> None:
    async def run() -> list[list[str]]:
        model = Counting()
        batcher = Batcher(model, BatchLimits(max_batch_size=4, batch_wait_ms=60_000))  # type: ignore[arg-type]
        first = asked(batcher, "a")
        await until(lambda: model.batches)
        rest = [asked(batcher, text) for text in ("b", "c c", "d d", "e", "f f", "g", "h h", "i", "j")]
        await asyncio.sleep(0)
        model.let_all_through()
        found = await asyncio.gather(first, *rest)
        assert [float(rows[0, 0]) for rows in found] == [1, 1, 2, 2, 1, 2, 1, 2, 1, 1]
        return model.batches

    batches = asyncio.run(run())
    assert batches[0] == ["a"]
    assert sorted(map(len, batches[1:])) == [1, 4, 4]
    assert all(len({len(text.split()) for text in batch}) == 1 for batch in batches)


def test_what_has_waited_too_long_goes_before_the_fuller_batch() -> None:
    async def run() -> list[list[str]]:
        model = Counting()
        batcher = Batcher(model, BatchLimits(max_batch_size=4, batch_wait_ms=0))  # type: ignore[arg-type]
        tasks = [asked(batcher, "a")]
        await until(lambda: model.batches)
        tasks += [asked(batcher, text) for text in ("alone at last", "b", "c", "d")]
        await asyncio.sleep(0)
        model.let_all_through()
        await asyncio.gather(*tasks)
        return model.batches

    assert asyncio.run(run()) == [["a"], ["alone at last"], ["b", "c", "d"]]


def test_what_is_patient_goes_when_nothing_else_waits() -> None:
    async def run() -> list[list[str]]:
        model = Counting()
        batcher = Batcher(model, BatchLimits(max_batch_size=4, batch_wait_ms=0))  # type: ignore[arg-type]
        first = asked(batcher, "a")
        await until(lambda: model.batches)
        patient = asyncio.ensure_future(batcher.predict(["b", "c", "d", "e", "f"], patient=True))
        await asyncio.sleep(0)
        rest = [asked(batcher, "g"), asked(batcher, "h h")]
        await asyncio.sleep(0)
        model.let_all_through()
        assert (await patient).tolist() == [[1]] * 5
        await asyncio.gather(first, *rest)
        return model.batches

    assert asyncio.run(run()) == [["a"], ["g"], ["h h"], ["b", "c", "d", "e"], ["f"]]


def test_one_request_of_many_documents_is_answered_in_their_order() -> None:
    async def run() -> None:
        model = Counting()
        model.let_all_through()
        texts = ["w " * (1 + n % 5) for n in range(40)]
        rows = await Batcher(model).predict(texts)  # type: ignore[arg-type]
        assert rows[:, 0].tolist() == [1 + n % 5 for n in range(40)]
        assert (await Batcher(model).predict([])).shape == (0, 1)  # type: ignore[arg-type]

    asyncio.run(run())


def test_documents_of_a_cancelled_request_are_not_computed() -> None:
    async def run() -> list[list[str]]:
        model = Counting()
        batcher = Batcher(model)  # type: ignore[arg-type]
        first = asked(batcher, "a")
        await until(lambda: model.batches)
        given_up, kept = asked(batcher, "unwanted"), asked(batcher, "kept")
        await asyncio.sleep(0)
        given_up.cancel()
        await asyncio.gather(given_up, return_exceptions=True)
        model.let_all_through()
        await asyncio.gather(first, kept)
        return model.batches

    assert asyncio.run(run()) == [["a"], ["kept"]]


def test_an_error_of_the_model_reaches_those_who_asked_and_nobody_else() -> None:
    async def run() -> None:
        model = Counting()
        model.let_all_through()
        batcher = Batcher(model)  # type: ignore[arg-type]
        with pytest.raises(ValueError, match="broken"):
            await batcher.predict(["broken"])
        assert (await batcher.predict(["a b"])).tolist() == [[2.0]]

    asyncio.run(run())


def test_a_model_that_says_nothing_of_lengths_gets_what_waits() -> None:
    class Plain:
        name = "plain"
        genres = ("Drama",)

        def __init__(self) -> None:
            self.batches: list[int] = []
            self.gate = threading.Semaphore(0)

        def predict_proba(self, documents: Sequence[str]) -> np.ndarray:
            self.batches.append(len(documents))
            assert self.gate.acquire(timeout=20)
            return np.zeros((len(documents), 1), np.float32)

    async def run() -> list[int]:
        model = Plain()
        batcher = Batcher(model, BatchLimits(max_batch_size=8))  # type: ignore[arg-type]
        first = [asked(batcher, "a") for _ in range(OTHERS_IN_FLIGHT)]
        await until(lambda: len(model.batches) == OTHERS_IN_FLIGHT)
        rest = [asked(batcher, "w " * n) for n in range(1, 10)]
        await asyncio.sleep(0)
        model.gate.release(1000)
        await asyncio.gather(*first, *rest)
        return model.batches

    batches = asyncio.run(run())
    assert batches[:OTHERS_IN_FLIGHT] == [1] * OTHERS_IN_FLIGHT
    assert sorted(batches[OTHERS_IN_FLIGHT:]) == [1, 8]


def test_what_is_served_went_through_the_calibration_of_the_bundle() -> None:
    model = PriorModel(["Drama", "Horror"], [0.6, 0.2])
    model.calibration = Calibration((Calibrator("platt", slope=1.0, intercept=-1.0), Calibrator()))

    async def run() -> np.ndarray:
        return await Batcher(model).predict(["a sheriff", "a ghost"])

    found = asyncio.run(run())
    np.testing.assert_array_equal(found, model.predict_proba(["a sheriff", "a ghost"]))
    assert found[0].tolist() == pytest.approx([1 / (1 + np.exp(1) * 2 / 3), 0.2])
