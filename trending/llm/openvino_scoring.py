"""How likely is each continuation of a prompt? One pass over the prompt, one over all continuations together.

OpenVINO's pipeline gives likelihoods of prompts only for tokens that are not in its prefix cache, so this is a second
instance of the same network. It is loaded with the first question.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from trending.errors import LLMError
from trending.llm.openvino_model import IR, last_line
from trending.openvino_import import import_openvino

Floats = npt.NDArray[np.float32]
BATCH_TOKENS = 512
"""Tokens of continuations in one pass: their logits over the vocabulary are all in memory."""
WANTED = "wanted_positions"


class Scorer:
    """Log likelihoods by the network in an OpenVINO folder. For one thread."""

    def __init__(self, folder: Path, *, threads: int = 0) -> None:
        openvino = import_openvino()
        core = openvino.Core()
        options: dict[str, Any] = {"PERFORMANCE_HINT": "LATENCY", "KV_CACHE_PRECISION": "f32"}
        if threads:
            options["INFERENCE_NUM_THREADS"] = threads
        try:
            model = core.read_model(folder / IR)
            _give_wanted_positions_only(model)
            self._request = core.compile_model(model, "CPU", options).create_infer_request()
        except RuntimeError as error:
            raise LLMError(
                f"{folder}: OpenVINO cannot load it for likelihoods: {last_line(error)}"
            ) from error

    def score(
        self,
        prompt: Sequence[int],
        continuations: Sequence[Sequence[int]],
        dropped: Callable[[], bool] = lambda: False,
    ) -> list[float]:
        """For each continuation the sum of the natural logarithms of its tokens' likelihoods.

        None may be empty. `dropped` is asked between passes; where it is true the rest is not computed.
        """
        totals = np.zeros(len(continuations))
        for rows in _batches(continuations):
            if dropped():
                break
            first = self._after_prompt(prompt)
            totals[rows] = [first[continuations[row][0]] for row in rows]
            longer = [row for row in rows if len(continuations[row]) > 1]
            if longer and not dropped():
                totals[longer] += self._rest(len(prompt), [continuations[row] for row in longer])
        return totals.tolist()

    def _after_prompt(self, prompt: Sequence[int]) -> Floats:
        """`[vocabulary]`: of the token that comes first."""
        self._request.reset_state()
        ids = np.array([prompt], dtype=np.int64)
        length = len(prompt)
        return self._infer(ids, np.ones_like(ids), 0, [0], np.array([length - 1]))[0, 0]

    def _rest(self, past: int, continuations: Sequence[Sequence[int]]) -> Floats:
        """`[continuations]`: the sum over all their tokens but the first."""
        length = max(map(len, continuations)) - 1
        ids = np.zeros((len(continuations), length), dtype=np.int64)
        mask = np.zeros((len(continuations), past + length), dtype=np.int64)
        for row, tokens in enumerate(continuations):
            ids[row, : len(tokens) - 1] = tokens[:-1]
            mask[row, : past + len(tokens) - 1] = 1
        # Every row goes on from the one prompt that was read.
        logs = self._infer(ids, mask, past, [0] * len(continuations), np.arange(length))
        sums = [
            sum(logs[row, at, token] for at, token in enumerate(tokens[1:]))
            for row, tokens in enumerate(continuations)
        ]
        return np.array(sums, dtype=np.float32)

    def _infer(self, ids: Any, mask: Any, past: int, rows: Sequence[int], wanted: Any) -> Floats:
        positions = np.broadcast_to(np.arange(past, past + ids.shape[1]), ids.shape)
        answer = self._request.infer({
            "input_ids": ids,
            "attention_mask": mask,
            "position_ids": np.ascontiguousarray(positions, dtype=np.int64),
            "beam_idx": np.array(rows, dtype=np.int32),
            WANTED: wanted.astype(np.int64),
        })  # fmt: skip
        logits = answer[0]
        logits = logits - logits.max(axis=-1, keepdims=True)
        return logits - np.log(np.exp(logits).sum(axis=-1, keepdims=True))


def _give_wanted_positions_only(model: Any) -> None:
    """The widest layer, from hidden state to vocabulary, is computed for the positions that are asked for."""
    opset = import_openvino().opset13
    node = model.get_results()[0].input_value(0).get_node()
    while node.get_type_name() != "MatMul":
        node = node.input_value(0).get_node()
    wanted = opset.parameter([-1], dtype=np.int64, name=WANTED)
    wanted.output(0).get_tensor().set_names({WANTED})
    chosen = opset.gather(node.input_value(0), wanted, opset.constant(1, dtype=np.int64))
    node.input(0).replace_source_output(chosen.output(0))
    model.add_parameters([wanted])
    model.validate_nodes_and_infer_types()


def _batches(continuations: Sequence[Sequence[int]]) -> list[list[int]]:
    """Rows that fit one pass, those of like length together."""
    batches: list[list[int]] = []
    for row in sorted(range(len(continuations)), key=lambda row: -len(continuations[row])):
        widest = len(continuations[batches[-1][0]]) if batches else 0
        if batches and (len(batches[-1]) + 1) * widest <= BATCH_TOKENS:
            batches[-1].append(row)
        else:
            batches.append([row])
    return batches
