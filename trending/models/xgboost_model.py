"""Boosted trees over sentence embeddings and the linear model's scores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import numpy.typing as npt

from trending.features.embeddings import Embeddings, SentenceEncoder
from trending.models.base import Probabilities
from trending.models.linear import LinearModel

if TYPE_CHECKING:
    import xgboost

BOOSTER = "booster.ubj"
ENCODER, LINEAR = "encoder", "linear"


class XGBoostModel:
    """One ensemble a genre (`binary:logistic`, multi-label); the makers of its features are part of it."""

    name: ClassVar[str] = "xgboost"

    def __init__(self, linear: LinearModel, encoder: SentenceEncoder, booster: xgboost.Booster) -> None:
        self.genres = linear.genres
        self.linear = linear
        self.encoder = encoder
        self._booster = booster

    @property
    def rounds(self) -> int:
        """Boosting rounds kept."""
        return self._booster.num_boosted_rounds()

    def predict_proba(self, documents: Sequence[str]) -> Probabilities:
        """`[n, len(genres)]`."""
        return self.predict_from(self.encoder.encode(documents), documents)

    def predict_from(self, embeddings: Embeddings, documents: Sequence[str]) -> Probabilities:
        """The same, with the documents' embeddings at hand."""
        import xgboost

        if not len(documents):
            return np.zeros((0, len(self.genres)), np.float32)
        matrix = xgboost.DMatrix(stack_features(embeddings, self.linear.scores(documents)))
        return self._booster.predict(matrix).reshape(len(documents), len(self.genres))

    def save(self, folder: Path) -> Mapping[str, Any]:
        """Booster (UBJ), encoder files, linear model."""
        self._booster.save_model(folder / BOOSTER)
        self.encoder.save(folder / ENCODER)
        (folder / LINEAR).mkdir()
        return {
            "linear": self.linear.save(folder / LINEAR),
            "max_tokens": self.encoder.max_tokens,
            "batch_size": self.encoder.batch_size,
            "rounds": self.rounds,
        }

    @classmethod
    def load(cls, folder: Path, state: Mapping[str, Any]) -> XGBoostModel:
        """The model that `save` wrote."""
        import xgboost

        encoder = SentenceEncoder(
            folder / ENCODER, max_tokens=state["max_tokens"], batch_size=state["batch_size"]
        )
        booster = xgboost.Booster(model_file=folder / BOOSTER)
        return cls(LinearModel.load(folder / LINEAR, state["linear"]), encoder, booster)


def stack_features(embeddings: Embeddings, linear_scores: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Features of the booster: embeddings beside the linear model's log-odds, `[n, width + genres]`."""
    return np.hstack([embeddings, linear_scores]).astype(np.float32)
