"""The contract of every genre model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from trending.models.calibrators import Calibration

Probabilities = npt.NDArray[np.float32]
"""`[n, genres]`, each in [0, 1]."""
Labels = npt.NDArray[np.bool_]
"""`[n, genres]`: the genre belongs to the title (truth) or was assigned to it (prediction)."""


class GenreModel(Protocol):
    """Multi-label genre classifier over document texts."""

    name: ClassVar[str]
    """Key under which a bundle finds the class again: `prior`, `keyword`, `linear`, `xgboost`, ..."""
    calibration: Calibration | None
    """What the answers have gone through; None for those of the model alone. It is no part of `save`."""

    @property
    def genres(self) -> tuple[str, ...]:
        """Canonical genres, in the order of the columns of `predict_proba`."""
        ...

    def predict_proba(self, documents: Sequence[str]) -> Probabilities:
        """Probabilities `[n, len(genres)]` in [0, 1], calibrated; genres are independent (sigmoid, never
        softmax)."""
        ...

    def save(self, folder: Path) -> Mapping[str, Any]:
        """Write weights into `folder` (no pickle); return the JSON state that `load` needs beside them."""
        ...

    @classmethod
    def load(cls, folder: Path, state: Mapping[str, Any]) -> GenreModel:
        """The model that `save` wrote."""
        ...
