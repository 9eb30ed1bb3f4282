"""What every worker of a fine-tuning is told."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from trending.settings import BertSettings

TRAIN, VALIDATION = "train", "validation"
"""Names of the two datasets."""


@dataclass(frozen=True)
class Job:
    """Everything but the rows, which come as Ray datasets of token tables."""

    settings: BertSettings
    seed: int
    genres: int
    titles: int
    """Rows to train on."""
    positive_weights: npt.NDArray[np.float32]
    """`[genres]`."""
    pad: int
    """Token id of padding."""
    gpu: bool
    threads: int
    """Of each worker on a CPU."""
    folder: Path
    """The run's own, for what a person will want to look at."""
    start: Path | None = None
    """A checkpoint that a training without checkpoints of its own goes on from."""
    tracking_uri: str = ""
    run_id: str = ""
    """MLflow run that the curves are logged to; empty: none."""

    @property
    def bf16(self) -> bool:
        """Whether forward passes run in bfloat16."""
        return self.settings.precision == "bf16" or (self.settings.precision == "auto" and self.gpu)

    @property
    def steps_per_epoch(self) -> int:
        """Optimiser steps in an epoch."""
        return -(-self.titles // self.settings.batch_size)

    @property
    def total_steps(self) -> int:
        """Steps of all epochs: the schedule's length."""
        return self.steps_per_epoch * self.settings.epochs
