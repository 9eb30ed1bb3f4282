"""Boosted trees over sentence embeddings and the scores of simpler models."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import numpy.typing as npt

from trending.features.embeddings import Embeddings, SentenceEncoder
from trending.models.base import Labels, Probabilities
from trending.models.calibrators import Calibrated
from trending.models.embedding_scores import EmbeddingScores
from trending.models.linear import LinearModel
from trending.settings import TrainSettings

if TYPE_CHECKING:
    import xgboost

BOOSTER = "booster.ubj"
ENCODER, LINEAR = "encoder", "linear"


class FirstStage:
    """The models whose scores are features of the trees: words by the linear model, meaning by the embedding."""

    def __init__(self, linear: LinearModel, by_embedding: EmbeddingScores) -> None:
        self.linear = linear
        self.by_embedding = by_embedding

    @classmethod
    def fit(
        cls,
        documents: Sequence[str],
        embeddings: Embeddings,
        labels: Labels,
        genres: Sequence[str],
        *,
        settings: TrainSettings,
        row_weights: npt.NDArray[np.floating] | None = None,
    ) -> FirstStage:
        """Fit both on the same titles."""
        linear = LinearModel.fit(documents, labels, genres, settings=settings.linear, row_weights=row_weights)
        by_embedding = EmbeddingScores.fit(embeddings, labels, settings=settings.xgboost, seed=settings.seed)
        return cls(linear, by_embedding)

    def scores(self, documents: Sequence[str], embeddings: Embeddings) -> npt.NDArray[np.float32]:
        """`[n, 3 * genres]`."""
        return np.hstack([self.linear.scores(documents), self.by_embedding.scores(embeddings)])

    def features(self, documents: Sequence[str], embeddings: Embeddings) -> npt.NDArray[np.float32]:
        """What the trees see of titles that this stage did not learn from, `[n, width + 3 * genres]`."""
        return stack_features(embeddings, self.scores(documents, embeddings))

    def save(self, folder: Path) -> Mapping[str, Any]:
        """Both models, each with its state."""
        (folder / LINEAR).mkdir()
        return {
            "linear": self.linear.save(folder / LINEAR),
            "by_embedding": self.by_embedding.save(folder),
        }

    @classmethod
    def load(cls, folder: Path, state: Mapping[str, Any]) -> FirstStage:
        """What `save` wrote."""
        linear = LinearModel.load(folder / LINEAR, state["linear"])
        return cls(linear, EmbeddingScores.load(folder, state["by_embedding"]))


class XGBoostModel(Calibrated):
    """One ensemble a genre (`binary:logistic`, multi-label); the makers of its features are part of it."""

    name: ClassVar[str] = "xgboost"

    def __init__(
        self,
        first_stage: FirstStage,
        encoder: SentenceEncoder,
        booster: xgboost.Booster,
        *,
        parent: str | None = None,
    ) -> None:
        self.genres = first_stage.linear.genres
        self.first_stage = first_stage
        self.encoder = encoder
        self.booster = booster
        self.parent = parent
        """Digest of the bundle whose trees this model goes on from."""

    @property
    def rounds(self) -> int:
        """Boosting rounds kept."""
        return self.booster.num_boosted_rounds()

    def predict_proba(self, documents: Sequence[str]) -> Probabilities:
        """`[n, len(genres)]`."""
        return self.predict_from(self.encoder.encode(documents), documents)

    def predict_from(self, embeddings: Embeddings, documents: Sequence[str]) -> Probabilities:
        """The same, with the documents' embeddings at hand."""
        import xgboost

        if not len(documents):
            return np.zeros((0, len(self.genres)), np.float32)
        found = self.booster.predict(xgboost.DMatrix(self.first_stage.features(documents, embeddings)))
        return self.calibrated(found.reshape(len(documents), len(self.genres)))

    def contributions(self, documents: Sequence[str]) -> npt.NDArray[np.float32]:
        """What each feature adds to the log-odds of each genre, before any calibration.

        `[n, len(genres), features + 1]`: the trees' SHAP values (Lundberg et al. 2018), which with the last column,
        the answer to a title of which nothing is known, add up to the log-odds.
        """
        import xgboost

        features = self.first_stage.features(documents, self.encoder.encode(documents))
        found = self.booster.predict(xgboost.DMatrix(features), pred_contribs=True)
        return found.reshape(len(documents), len(self.genres), -1)

    def save(self, folder: Path) -> Mapping[str, Any]:
        """Booster (UBJ), encoder files, the models of the first stage."""
        self.booster.save_model(folder / BOOSTER)
        self.encoder.save(folder / ENCODER)
        return {
            "first_stage": self.first_stage.save(folder),
            "max_tokens": self.encoder.max_tokens,
            "batch_size": self.encoder.batch_size,
            "rounds": self.rounds,
            "parent": self.parent,
        }

    @classmethod
    def load(cls, folder: Path, state: Mapping[str, Any]) -> XGBoostModel:
        """The model that `save` wrote."""
        import xgboost

        encoder = SentenceEncoder(
            folder / ENCODER, max_tokens=state["max_tokens"], batch_size=state["batch_size"]
        )
        booster = xgboost.Booster(model_file=folder / BOOSTER)
        first_stage = FirstStage.load(folder, state["first_stage"])
        return cls(first_stage, encoder, booster, parent=state.get("parent"))


def stack_features(embeddings: Embeddings, scores: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Features of the booster: embeddings beside the first stage's scores, `[n, width + 3 * genres]`."""
    return np.hstack([embeddings, scores]).astype(np.float32)


@dataclass(frozen=True)
class FeatureGroups:
    """Something of each feature, by where the feature comes from."""

    embedding: npt.NDArray[np.floating]
    """`[..., width]`"""
    linear: npt.NDArray[np.floating]
    """`[..., genres]`, as the two below."""
    ridge: npt.NDArray[np.floating]
    neighbours: npt.NDArray[np.floating]


def split_features(values: npt.NDArray[np.floating], genres: int) -> FeatureGroups:
    """`[..., features]` in the order in which `stack_features` put the features side by side."""
    width = values.shape[-1] - 3 * genres
    return FeatureGroups(*np.split(values, [width, width + genres, width + 2 * genres], axis=-1))
