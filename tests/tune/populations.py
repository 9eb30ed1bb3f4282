"""A population of fine-tunings of a tiny encoder."""

from __future__ import annotations

from dataclasses import dataclass

from tune.bert_target import BertTarget
from tune.spaces import Floats, Space

EPOCHS = 4
RATE = "bert.optimizer.learning_rate"
NOTHING = 1e-6
"""A rate at which nothing is learnt."""


@dataclass(frozen=True)
class TinyTarget(BertTarget):
    """Trials differ in their rates alone."""

    @property
    def space(self) -> Space:
        return {RATE: Floats(NOTHING, 2e-2), "bert.optimizer.head_learning_rate": Floats(NOTHING, 1e-1)}
