"""Probabilities of many known titles: with what is kept of them, in this process or spread over a cluster."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa

from trending.errors import BundleError
from trending.features.embeddings import embed_documents
from trending.models.base import GenreModel, Probabilities
from trending.models.blend import BlendModel
from trending.models.bundle import Bundle, load_bundle
from trending.models.xgboost_model import XGBoostModel
from trending.planning.workers import evaluation_actors, wants_gpu
from trending.progress import Report, silent
from trending.ray_session import ray_session
from trending.settings import Settings

LEAST_BATCHES = 2
"""An actor is worth starting for so many batches."""


def predict_titles(
    bundle: Bundle, documents: Sequence[str], settings: Settings, *, report: Report = silent
) -> Probabilities:
    """The bundle's probabilities `[n, genres]`, by Ray Data from `evaluation.batches_from` documents on.

    Trees over embeddings stay here however many there are: what takes time, the embedding, is spread by itself, and
    is kept.
    """
    few = len(documents) < settings.evaluation.batches_from
    if few or _uses_kept_embeddings(bundle.model, settings):
        return predict_known(bundle.model, documents, settings, report=report)
    return predict_in_batches(bundle, documents, settings, report=report)


def predict_known(
    model: GenreModel, documents: Sequence[str], settings: Settings, *, report: Report = silent
) -> Probabilities:
    """What `model.predict_proba` gives, `[n, genres]`, without embedding a document a second time."""
    if _uses_kept_embeddings(model, settings):
        assert isinstance(model, XGBoostModel)
        embeddings = embed_documents(documents, settings, folder=model.encoder.folder, report=report)
        return model.predict_from(embeddings, documents)
    if isinstance(model, BlendModel):
        members = [one.model for one in model.members]
        return model.combine([predict_known(one, documents, settings, report=report) for one in members])
    return model.predict_proba(documents)


def predict_in_batches(
    bundle: Bundle, documents: Sequence[str], settings: Settings, *, report: Report = silent
) -> Probabilities:
    """What `bundle.model.predict_proba` gives, `[n, genres]`, in order, by Ray Data actors that each load the bundle.

    On a cluster the bundle's folder must be one that all nodes see. Raises `BundleError` where an actor finds another
    bundle there. Ray is started where it is not running.
    """
    import ray

    chosen = settings.evaluation
    actors = max(1, min(chosen.actors, len(documents) // (LEAST_BATCHES * chosen.batch_titles)))
    report(f"{bundle.manifest.model}: {len(documents):,} titles on {actors} actor(s)")
    with ray_session(settings):
        gpu = wants_gpu(chosen.device, 1, ray.cluster_resources().get("GPU", 0))
        answered = (
            ray.data.from_arrow(_longest_first(documents))
            .repartition(max(actors, len(documents) // chosen.batch_titles))
            .map_batches(
                _answerer(bundle.folder, bundle.digest),  # pyright: ignore[reportArgumentType]
                batch_format="pyarrow",
                batch_size=chosen.batch_titles,
                compute=ray.data.ActorPoolStrategy(size=actors),
                **evaluation_actors(chosen, gpu=gpu).remote_options,
            )
        )
        rows = pa.concat_tables(ray.get(answered.to_arrow_refs()))  # pyright: ignore[reportCallIssue, reportArgumentType]
    found = np.empty((len(documents), len(bundle.model.genres)), np.float32)
    found[rows["row"].to_numpy()] = np.stack(rows["probabilities"].to_numpy(zero_copy_only=False))
    return found


def _uses_kept_embeddings(model: GenreModel, settings: Settings) -> bool:
    return isinstance(model, XGBoostModel) and model.encoder.max_tokens == settings.train.embedding.max_tokens


def _longest_first(documents: Sequence[str]) -> pa.Table:
    """Texts of like length in a block waste little on padding; with the longest first, the actors end together."""
    order = np.argsort([-len(text) for text in documents], kind="stable")
    return pa.table({"row": order, "text": [documents[row] for row in order]})


def _answerer(folder: Path, digest: str) -> type:
    """The Ray Data actor, which loads the bundle once."""

    class Answerer:
        def __init__(self) -> None:
            self._bundle = load_bundle(folder)
            if self._bundle.digest != digest:
                raise BundleError(f"{folder}: another bundle than the one to be evaluated lies here.")

        def __call__(self, batch: pa.Table) -> pa.Table:
            answers = self._bundle.model.predict_proba(batch["text"].to_pylist())
            return pa.table(
                {"row": batch["row"], "probabilities": pa.array(list(answers), pa.list_(pa.float32()))}
            )

    return Answerer
