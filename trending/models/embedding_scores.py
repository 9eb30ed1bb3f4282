"""What embeddings alone say about genres: two scores a genre that boosted trees are slow to find by themselves."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from trending.features.embeddings import Embeddings
from trending.models.base import Labels
from trending.settings import XGBoostSettings

FILE = "embedding_scores.safetensors"
ROWS_AT_ONCE = 1024
"""Rows whose similarities to all known titles are in memory together."""


class EmbeddingScores:
    """Ridge regression on the embedding, and the share of each genre among similar training titles.

    The shares weigh every known title by `exp(sharpness * cosine)` (Nadaraya 1964, Watson 1964): a smooth
    function, so that noise in the last bit of an embedding never changes who the neighbours are.
    """

    def __init__(
        self,
        coefficients: npt.NDArray[np.float32],
        known: Embeddings,
        labels: npt.NDArray[np.float32],
        *,
        sharpness: float,
    ) -> None:
        self._coefficients = coefficients
        self._known = known
        self._labels = labels
        self._sharpness = sharpness

    @classmethod
    def fit(
        cls, embeddings: Embeddings, labels: Labels, *, settings: XGBoostSettings, seed: int
    ) -> EmbeddingScores:
        """Embeddings `[n, width]`, labels `[n, genres]`; of more than `neighbour_pool` titles a draw is known."""
        inputs, truth = _with_intercept(embeddings), labels.astype(np.float64)
        penalty = settings.ridge_penalty * np.eye(inputs.shape[1])
        penalty[-1, -1] = 0.0
        coefficients = np.linalg.solve(inputs.T @ inputs + penalty, inputs.T @ truth)
        rows = np.arange(len(embeddings))
        if len(rows) > settings.neighbour_pool:
            drawn = np.random.default_rng(seed).choice(rows, settings.neighbour_pool, replace=False)
            rows = np.sort(drawn)
        return cls(
            coefficients.astype(np.float32),
            embeddings[rows],
            labels[rows].astype(np.float32),
            sharpness=settings.neighbour_sharpness,
        )

    def scores(self, embeddings: Embeddings) -> npt.NDArray[np.float32]:
        """`[n, 2 * genres]`: the regression's answers, then the shares."""
        # In double precision, rounded at the end: the answer does not depend on which rows come together.
        regression = _with_intercept(embeddings) @ self._coefficients.astype(np.float64)
        return np.hstack([regression, self._shares(embeddings)]).astype(np.float32)

    def save(self, folder: Path) -> dict[str, float]:
        """Write the weights and the known titles' embeddings and labels."""
        from safetensors.numpy import save_file

        tensors = {"coefficients": self._coefficients, "known": self._known, "labels": self._labels}
        save_file({name: np.ascontiguousarray(one) for name, one in tensors.items()}, folder / FILE)
        return {"sharpness": self._sharpness}

    @classmethod
    def load(cls, folder: Path, state: dict[str, float]) -> EmbeddingScores:
        """What `save` wrote."""
        from safetensors.numpy import load_file

        return cls(**load_file(folder / FILE), sharpness=state["sharpness"])

    def _shares(self, embeddings: Embeddings) -> npt.NDArray[np.float64]:
        known, labels = self._known.astype(np.float64), self._labels.astype(np.float64)
        shares = np.zeros((len(embeddings), labels.shape[1]))
        for start in range(0, len(embeddings), ROWS_AT_ONCE):
            rows = slice(start, start + ROWS_AT_ONCE)
            weights = np.exp(self._sharpness * (embeddings[rows].astype(np.float64) @ known.T))
            shares[rows] = weights @ labels / weights.sum(axis=1, keepdims=True)
        return shares


def _with_intercept(embeddings: Embeddings) -> npt.NDArray[np.float64]:
    return np.hstack([embeddings.astype(np.float64), np.ones((len(embeddings), 1))])
