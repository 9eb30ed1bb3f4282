"""What each runtime loses against PyTorch, and which one a bundle uses on a CPU."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from trending.errors import TrainingError
from trending.evaluation.metrics import scores
from trending.features.documents import DocumentSet
from trending.models.base import Probabilities
from trending.models.bert_runtime import OPENVINO_FP32, OPENVINO_INT8, TORCH
from trending.models.thresholds import tune_thresholds
from trending.settings import BertExportSettings

MAX_FP32_DIFFERENCE = 1e-3
"""Of a probability. The same arithmetic in another order differs by far less: more means a wrong model."""


@dataclass(frozen=True)
class Parity:
    """One runtime against PyTorch on validation, with thresholds tuned for it."""

    runtime: str
    max_difference: float
    """Largest absolute difference of a probability."""
    mean_difference: float
    macro_f1: float
    micro_f1: float
    macro_f1_lost: float
    """Macro-F1 of PyTorch minus that of this runtime; negative where it is better by chance."""

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)


def compare(titles: DocumentSet, found: Mapping[str, Probabilities]) -> list[Parity]:
    """The runtimes of `found`, each with its probabilities `[n, genres]` of `titles`; PyTorch is among them.

    Raises `TrainingError` where OpenVINO in single precision does not compute what PyTorch does.
    """
    measured = {runtime: _f1(titles, probabilities) for runtime, probabilities in found.items()}
    table = []
    for runtime, probabilities in found.items():
        difference = np.abs(probabilities.astype(np.float64) - found[TORCH])
        macro, micro = measured[runtime]
        table.append(
            Parity(
                runtime=runtime,
                max_difference=float(difference.max()),
                mean_difference=float(difference.mean()),
                macro_f1=macro,
                micro_f1=micro,
                macro_f1_lost=measured[TORCH][0] - macro,
            )
        )
    for row in table:
        if row.runtime == OPENVINO_FP32 and not row.max_difference <= MAX_FP32_DIFFERENCE:
            raise TrainingError(
                f"The network in {OPENVINO_FP32} differs by {row.max_difference:.2g} in probability from PyTorch "
                f"(at most {MAX_FP32_DIFFERENCE:g} is rounding): this encoder is not exported right. Set "
                "train.bert.model to another one."
            )
    return table


def choose_runtime(table: list[Parity], settings: BertExportSettings) -> str:
    """The runtime of the settings; for `auto` int8 if it loses at most `max_loss` macro-F1, else fp32."""
    if settings.runtime != "auto":
        return settings.runtime
    lost = {row.runtime: row.macro_f1_lost for row in table}
    return OPENVINO_INT8 if lost[OPENVINO_INT8] <= settings.max_loss else OPENVINO_FP32


def _f1(titles: DocumentSet, probabilities: Probabilities) -> tuple[float, float]:
    """Macro- and micro-F1."""
    chosen = probabilities >= np.asarray(tune_thresholds(titles.labels, probabilities))
    found = scores(titles.labels, chosen, probabilities, titles.genres)
    return found.macro_f1, found.micro_f1
