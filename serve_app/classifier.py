"""The classifier deployment: bundles of one kind of model, several versions sharing replicas."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

from ray import serve

from serve_app.batching import Batcher, BatchLimits
from serve_app.contracts import Classified, ModelCard
from serve_app.turns import Turns
from trending.evaluation.occlusion import deciding_words, variants

if TYPE_CHECKING:
    from trending.models.bundle import Bundle

MAX_VERSIONS = 3
"""Loaded at once in a replica: champion, challenger, and the one that is about to take over."""
MAX_EXPLANATIONS = 16
"""Under way and waiting in a replica. They hold places of those who want genres."""


@dataclass(frozen=True)
class ModelRef:
    """A bundle, and the name that it goes by."""

    version: str
    folder: str


@dataclass(frozen=True)
class _Loaded:
    bundle: Bundle
    batcher: Batcher


@serve.deployment
class GenreClassifier:
    """Answers document texts with probabilities `[n, genres]`, exactly as the bundle does offline.

    Call it with `options(multiplexed_model_id=ref.folder)`: requests then go to replicas that hold the bundle.
    """

    def __init__(self) -> None:
        """Nothing is loaded before it is asked for."""
        self._limits = BatchLimits()
        self._batchers: WeakSet[Batcher] = WeakSet()
        self._explaining = Turns(MAX_EXPLANATIONS)

    def reconfigure(self, user_config: Mapping[str, Any]) -> None:
        """`max_batch_size` and `batch_wait_ms`, for versions that are loaded too."""
        known = {field.name for field in fields(BatchLimits)}
        self._limits = BatchLimits(**{name: user_config[name] for name in known & set(user_config)})
        for batcher in self._batchers:
            batcher.limits = self._limits

    async def classify(self, documents: list[str], ref: ModelRef) -> Classified:
        """Probabilities `[len(documents), genres]`. Documents of one version share batches with one another only.

        Raises `BundleError` for a damaged bundle.
        """
        loaded = await self._loaded(ref.folder)
        return Classified(await loaded.batcher.predict(documents), _card(loaded.bundle, ref.version))

    async def describe(self, ref: ModelRef) -> ModelCard:
        """What the bundle says about itself, once it is loaded and verified."""
        return _card((await self._loaded(ref.folder)).bundle, ref.version)

    async def explain(self, document: str, ref: ModelRef) -> dict[str, list[tuple[str, float]]]:
        """For each assigned genre the words that decided, with the fall of its probability without them.

        It asks for dozens of texts: one explanation at a time, and only while nobody waits for genres. Raises
        `ServiceError` where too many wait already.
        """
        loaded = await self._loaded(ref.folder)
        tried = await asyncio.to_thread(variants, document)  # the first time it loads a library
        async with self._explaining.turn():
            probabilities = await loaded.batcher.predict(tried.texts, patient=True)
        return deciding_words(tried, probabilities, loaded.bundle.model.genres, loaded.bundle.thresholds)

    async def _loaded(self, folder: str) -> _Loaded:
        load: Any = self._load  # what `multiplexed` makes of the method is not what its type says
        return await load(folder)

    @serve.multiplexed(max_num_models_per_replica=MAX_VERSIONS)
    async def _load(self, folder: str) -> _Loaded:
        from trending.models.bundle import load_bundle

        # In a thread, so that what is loaded goes on answering.
        bundle = await asyncio.to_thread(load_bundle, Path(folder))
        batcher = Batcher(bundle.model, self._limits)
        self._batchers.add(batcher)
        return _Loaded(bundle, batcher)


def _card(bundle: Bundle, version: str) -> ModelCard:
    manifest = bundle.manifest
    return ModelCard(
        kind=manifest.model,
        version=version,
        bundle=bundle.digest,
        snapshot_id=str(manifest.snapshot_id),
        genres=tuple(bundle.model.genres),
        thresholds=tuple(float(t) for t in bundle.thresholds),
        max_reviews=manifest.max_reviews,
    )
