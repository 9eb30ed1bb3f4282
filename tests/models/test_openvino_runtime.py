"""OpenVINO's runtime in threads."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest

from trending.models.bert_runtime import Logits, OpenVINORuntime, Tokens
from trending.openvino_import import import_openvino


class Watched(OpenVINORuntime):
    """Notes which of its requests are under way beside others."""

    def __init__(self, file: Path) -> None:
        self.beside: list[int] = []
        self._now = 0
        self._lock = threading.Lock()
        super().__init__(file, "watched", threads=2)

    def _infer(self, batch: Tokens) -> Logits:
        with self._lock:
            self._now += 1
            self.beside.append(self._now)
        try:
            return super()._infer(batch)
        finally:
            with self._lock:
                self._now -= 1


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Adds the two inputs up, over the tokens."""
    openvino = import_openvino()
    ops = openvino.opset13
    ids, mask = (ops.parameter(openvino.PartialShape([-1, -1]), openvino.Type.i64) for _ in range(2))
    total = ops.reduce_sum(ops.convert(ops.add(ids, mask), "f32"), ops.constant([1]), keep_dims=True)
    file = tmp_path_factory.mktemp("network") / "sum.xml"
    openvino.save_model(openvino.Model([total], [ids, mask]), file)
    return file


def batch(value: int) -> Tokens:
    return Tokens(np.full((3, 4), value, np.int64), np.ones((3, 4), np.int64))


def test_the_first_request_is_over_before_any_two_run_side_by_side(network: Path) -> None:
    runtime = Watched(network)
    assert runtime.beside == [1], "made by itself, when the model was opened"


def test_batches_side_by_side_are_answered_in_order(network: Path) -> None:
    runtime = Watched(network)
    answers = runtime.logits([batch(value) for value in range(8)])
    assert [float(answer[0, 0]) for answer in answers] == [4 * (value + 1) for value in range(8)]
    assert answers[0].shape == (3, 1)
