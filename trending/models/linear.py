"""TF-IDF and one logistic regression a genre."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from trending.features.tfidf import Tfidf
from trending.models.base import Labels, Probabilities
from trending.models.calibrators import Calibrated
from trending.settings import LinearSettings

WEIGHTS = "linear.safetensors"
NEVER = -12.0
"""Score of a genre that no training title has, or that all have (negated): nothing can be fitted."""


class LinearModel(Calibrated):
    """`sigmoid(tfidf(document) @ weights + bias)`, one column a genre."""

    name: ClassVar[str] = "linear"

    def __init__(
        self,
        genres: Sequence[str],
        tfidf: Tfidf,
        weights: npt.NDArray[np.float32],
        bias: npt.NDArray[np.float32],
    ) -> None:
        self.genres = tuple(genres)
        self._tfidf = tfidf
        self.weights = weights
        """`[terms, len(genres)]`."""
        self._bias = bias

    @property
    def terms(self) -> list[str]:
        """The term of each row of `weights`."""
        return self._tfidf.terms

    @classmethod
    def fit(
        cls,
        documents: Sequence[str],
        labels: Labels,
        genres: Sequence[str],
        *,
        settings: LinearSettings,
        row_weights: npt.NDArray[np.floating] | None = None,
    ) -> LinearModel:
        """Fit vocabulary and weights; `row_weights` `[n]` counts a title more or less than once."""
        tfidf = Tfidf.fit(documents, settings)
        matrix = tfidf.transform(documents)
        columns = [_fit_one(matrix, labels[:, k], settings.c, row_weights) for k in range(len(genres))]
        weights = np.stack([weights for weights, _ in columns], axis=1).astype(np.float32)
        return cls(genres, tfidf, weights, np.array([bias for _, bias in columns], np.float32))

    def scores(self, documents: Sequence[str]) -> npt.NDArray[np.float32]:
        """Log-odds `[n, len(genres)]`: what XGBoost takes as features."""
        return np.asarray(self._tfidf.transform(documents) @ self.weights + self._bias, np.float32)

    def contributions(self, document: str) -> tuple[list[str], npt.NDArray[np.float32]]:
        """The known terms of a document, and what each adds to the log-odds of each genre, `[terms, len(genres)]`.

        With the bias they add up to `scores`.
        """
        row = self._tfidf.transform([document]).tocoo()
        terms = self.terms
        return [terms[column] for column in row.col], row.data[:, None] * self.weights[row.col]

    def predict_proba(self, documents: Sequence[str]) -> Probabilities:
        """`[n, len(genres)]`."""
        from scipy.special import expit

        return self.calibrated(expit(self.scores(documents)))

    def save(self, folder: Path) -> Mapping[str, Any]:
        """Vocabulary, document frequencies and weights."""
        from safetensors.numpy import save_file

        self._tfidf.save(folder)
        save_file({"weights": self.weights, "bias": self._bias}, folder / WEIGHTS)
        return {"genres": list(self.genres)}

    @classmethod
    def load(cls, folder: Path, state: Mapping[str, Any]) -> LinearModel:
        """The model that `save` wrote."""
        from safetensors.numpy import load_file

        tensors = load_file(folder / WEIGHTS)
        return cls(state["genres"], Tfidf.load(folder), tensors["weights"], tensors["bias"])


def _fit_one(
    matrix: Any, truth: npt.NDArray[np.bool_], c: float, row_weights: npt.NDArray[np.floating] | None
) -> tuple[npt.NDArray[np.float64], float]:
    from sklearn.linear_model import LogisticRegression

    if truth.all() or not truth.any():
        return np.zeros(matrix.shape[1]), -NEVER if truth.all() else NEVER
    fitted = LogisticRegression(C=c, solver="liblinear", dual=True, max_iter=1000, random_state=0)
    fitted.fit(matrix, truth, sample_weight=row_weights)
    return np.asarray(fitted.coef_)[0], float(np.asarray(fitted.intercept_)[0])
