"""The classifier deployment: one model bundle behind dynamic batches."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from ray import serve

if TYPE_CHECKING:
    from trending.models.base import Probabilities

    Documents = list[str]


def _documents_in(requests: list[list[str]]) -> int:
    return sum(len(documents) for documents in requests)


@serve.deployment
class GenreClassifier:
    """Answers document texts with probabilities `[n, genres]`, exactly as the bundle does offline."""

    def __init__(self, bundle: str, version: str, max_batch_size: int, batch_wait_ms: float) -> None:
        """Load and verify the bundle. A damaged one raises `BundleError` and the replica never gets ready."""
        from trending.models.bundle import load_bundle

        self._bundle = load_bundle(Path(bundle))
        self._version = version
        batches: Any = self._answer  # `serve.batch` adds these two setters to the method
        batches.set_max_batch_size(max_batch_size)
        batches.set_batch_wait_timeout_s(batch_wait_ms / 1000)

    def describe(self) -> dict[str, Any]:
        """Model, version, snapshot, genres and thresholds of the loaded bundle."""
        manifest = self._bundle.manifest
        return {
            "name": manifest.model,
            "version": self._version,
            "bundle": self._bundle.digest,
            "snapshot_id": str(manifest.snapshot_id),
            "genres": list(self._bundle.model.genres),
            "thresholds": [float(t) for t in self._bundle.thresholds],
            "max_reviews": manifest.max_reviews,
        }

    async def classify(self, documents: list[str]) -> Probabilities:
        """Probabilities `[len(documents), genres]`."""
        return await self._answer(documents)

    @serve.batch(max_batch_size=32, batch_wait_timeout_s=0.005, batch_size_fn=_documents_in)
    async def _answer(self, requests: list[list[str]]) -> list[Probabilities]:
        together = [document for documents in requests for document in documents]
        # In a thread, so that health checks and new requests are not held up by the model.
        probabilities = await asyncio.to_thread(self._bundle.model.predict_proba, together)
        ends = np.cumsum([len(documents) for documents in requests])
        return np.split(probabilities, ends[:-1])
