"""The baseline that knows only how frequent each genre is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from trending.models.base import Labels, Probabilities
from trending.models.calibrators import Calibrated


class PriorModel(Calibrated):
    """Answers every document with the share of training titles that have the genre."""

    name: ClassVar[str] = "prior"

    def __init__(self, genres: Sequence[str], shares: Sequence[float]) -> None:
        self.genres = tuple(genres)
        self._shares = np.asarray(shares, np.float32)

    @classmethod
    def fit(cls, labels: Labels, genres: Sequence[str]) -> PriorModel:
        """Count the genres of the training titles; labels `[n, len(genres)]`."""
        return cls(genres, labels.mean(axis=0).tolist())

    def predict_proba(self, documents: Sequence[str]) -> Probabilities:
        """The same row for each document, `[n, len(genres)]`."""
        return self.calibrated(np.tile(self._shares, (len(documents), 1)))

    def save(self, folder: Path) -> Mapping[str, Any]:
        """All of it is state; no file is written."""
        return {"genres": list(self.genres), "shares": self._shares.tolist()}

    @classmethod
    def load(cls, folder: Path, state: Mapping[str, Any]) -> PriorModel:
        """The model that `save` described."""
        return cls(state["genres"], state["shares"])
