"""Probabilities of many known titles, with what is kept of them."""

from __future__ import annotations

from collections.abc import Sequence

from trending.features.embeddings import embed_documents
from trending.models.base import GenreModel, Probabilities
from trending.models.blend import BlendModel
from trending.models.xgboost_model import XGBoostModel
from trending.progress import Report, silent
from trending.settings import Settings


def predict_known(
    model: GenreModel, documents: Sequence[str], settings: Settings, *, report: Report = silent
) -> Probabilities:
    """What `model.predict_proba` gives, `[n, genres]`, without embedding a document a second time."""
    if isinstance(model, XGBoostModel) and model.encoder.max_tokens == settings.train.embedding.max_tokens:
        embeddings = embed_documents(documents, settings, folder=model.encoder.folder, report=report)
        return model.predict_from(embeddings, documents)
    if isinstance(model, BlendModel):
        members = [one.model for one in model.members]
        return model.combine([predict_known(one, documents, settings, report=report) for one in members])
    return model.predict_proba(documents)
