"""Documents to genres: from the cache where the version that would answer has answered before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from serve_app.api.cache import document_key
from serve_app.api.context import ApiContext
from serve_app.contracts import Answered, Classified, ModelCard


async def classify(context: ApiContext, documents: Sequence[str], *, key: str, request_id: str) -> Answered:
    """One model's answers to all documents."""
    version = await _cached_version(context)
    if version is None:
        return await context.services.classifiers.classify(documents, key=key, request_id=request_id)
    kept = [context.rows.get(document_key(document, version)) for document in documents]
    missing = [document for document, row in zip(documents, kept, strict=True) if row is None]
    if not missing:
        return _from_cache([row for row in kept if row is not None])
    answered = await context.services.classifiers.classify(missing, key=key, request_id=request_id)
    model = answered.classified.model
    if model.version == version:
        _keep(context, missing, answered.classified)
    if len(missing) == len(documents):
        return answered
    if model.version != version:  # it fell back, or a new version came: one answer is of one model
        return await context.services.classifiers.classify(documents, key=key, request_id=request_id)
    fresh = iter(answered.classified.probabilities)
    rows = np.stack([next(fresh) if row is None else row[1] for row in kept])
    return Answered(Classified(rows, model), answered.arm)


def genres_of(row: npt.NDArray[np.float32], model: ModelCard) -> list[dict[str, Any]]:
    """The genres at or above their thresholds, most probable first."""
    chosen = [
        {"genre": genre, "probability": float(probability)}
        for genre, probability, threshold in zip(model.genres, row, model.thresholds, strict=True)
        if probability >= threshold
    ]
    return sorted(chosen, key=lambda one: one["probability"], reverse=True)


def answer_of(title: str, row: npt.NDArray[np.float32], model: ModelCard) -> dict[str, Any]:
    """One row of probabilities `[genres]` in the API's words."""
    named = {genre: float(probability) for genre, probability in zip(model.genres, row, strict=True)}
    return {"title": title, "genres": genres_of(row, model), "probabilities": named}


def info_of(model: ModelCard) -> Mapping[str, str]:
    """The model in the API's words."""
    return {
        "name": model.kind,
        "version": model.version,
        "bundle": model.bundle,
        "snapshot_id": model.snapshot_id,
    }


async def _cached_version(context: ApiContext) -> str | None:
    """The version whose answers may come from the cache; None while a challenger takes part, which must be asked."""
    if not context.rows.size:
        return None
    policy = await context.services.classifiers.policy()
    return None if policy.challenger else policy.champion


def _keep(context: ApiContext, documents: Sequence[str], answers: Classified) -> None:
    for document, row in zip(documents, answers.probabilities, strict=True):
        key = document_key(document, answers.model.version)
        context.rows.put(key, (answers.model, np.array(row)))


def _from_cache(rows: Sequence[tuple[ModelCard, npt.NDArray[np.float32]]]) -> Answered:
    return Answered(Classified(np.stack([row for _, row in rows]), rows[0][0]), "champion")
