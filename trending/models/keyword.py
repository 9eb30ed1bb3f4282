"""The baseline that looks for the names of genres in the text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from trending.catalog.leakage import keyword_predictions
from trending.models.base import Labels, Probabilities
from trending.models.calibrators import Calibrated


class KeywordModel(Calibrated):
    """Two probabilities a genre: its share among training titles that hold one of its keywords, and among
    those that do not."""

    name: ClassVar[str] = "keyword"

    def __init__(self, genres: Sequence[str], with_word: Sequence[float], without: Sequence[float]) -> None:
        self.genres = tuple(genres)
        self._with_word = np.asarray(with_word, np.float32)
        self._without = np.asarray(without, np.float32)

    @classmethod
    def fit(cls, documents: Sequence[str], labels: Labels, genres: Sequence[str]) -> KeywordModel:
        """Count on training titles, smoothed by one title at the genre's overall share."""
        found = _matches(documents, genres)
        shares = labels.mean(axis=0)

        def share(rows: Labels) -> list[float]:
            return (((labels & rows).sum(axis=0) + shares) / (rows.sum(axis=0) + 1)).tolist()

        return cls(genres, share(found), share(~found))

    def predict_proba(self, documents: Sequence[str]) -> Probabilities:
        """`[n, len(genres)]`."""
        found = _matches(documents, self.genres)
        return self.calibrated(np.where(found, self._with_word, self._without))

    def save(self, folder: Path) -> Mapping[str, Any]:
        """All of it is state; no file is written."""
        return {
            "genres": list(self.genres),
            "with_word": self._with_word.tolist(),
            "without": self._without.tolist(),
        }

    @classmethod
    def load(cls, folder: Path, state: Mapping[str, Any]) -> KeywordModel:
        """The model that `save` described."""
        return cls(state["genres"], state["with_word"], state["without"])


def _matches(documents: Sequence[str], genres: Sequence[str]) -> Labels:
    found = keyword_predictions(documents)
    return np.array([[genre in names for genre in genres] for names in found], bool).reshape(-1, len(genres))
