"""The enricher deployment: classifier, language model, sentiment and embeddings composed for one title."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

from ray import serve

from trending.settings import Settings

if TYPE_CHECKING:
    from serve_app.enrichment_service import EnrichmentService
    from serve_app.handles import Handles
    from trending.enrichment.genres import Examples
    from trending.enrichment.schema import Enrichment, EnrichmentInput
    from trending.enrichment.support import Encoder


@serve.deployment(max_ongoing_requests=64, max_queued_requests=128, ray_actor_options={"num_cpus": 0.25})
class Enricher:
    """`EnricherService` in a replica of its own. A request that is cancelled stops the models that it asked."""

    def __init__(self, settings: Settings, handles: Handles) -> None:
        """Load the encoder and the sentiment of reviews, which is fitted once a `home`."""
        from trending.enrichment.sentiment import load_sentiment
        from trending.enrichment.support import OneAtATime
        from trending.features.embeddings import load_encoder

        self._settings, self._handles = settings, handles
        self._encoder = OneAtATime(load_encoder(settings.train.embedding))
        self._sentiment = load_sentiment(settings)
        self._service: EnrichmentService | None = None
        self._opening = asyncio.Lock()

    async def enrich(self, title: EnrichmentInput, key: str = "") -> Enrichment:
        """All that is said about a title."""
        return await (await self._ready()).enrich(title, key=key)

    async def stream(self, title: EnrichmentInput, key: str = "") -> AsyncGenerator[Mapping[str, Any], None]:
        """Events, as they happen."""
        service = await self._ready()
        async with aclosing(service.stream(title, key=key)) as events:
            async for event in events:
                yield event

    async def _ready(self) -> EnrichmentService:
        """The service, made at the first request: handles work only inside the replica's event loop."""
        async with self._opening:
            if self._service is None:
                self._service = self._open()
            return self._service

    def _open(self) -> EnrichmentService:
        from serve_app.classifiers import Classifiers
        from serve_app.enrichment_service import EnrichmentService, LazyExamples
        from serve_app.handles import LLMHandle
        from serve_app.remote_engine import RemoteEngine

        has_model = self._settings.llm.engine != "none"
        return EnrichmentService(
            self._settings,
            classifiers=Classifiers(self._handles.traffic, self._handles.classifiers),
            engine=RemoteEngine(LLMHandle(self._handles.llm), self._settings.llm) if has_model else None,
            encoder=self._encoder,
            sentiment=self._sentiment,
            examples=LazyExamples(lambda: _examples(self._settings, self._encoder)),
        )


def _examples(settings: Settings, encoder: Encoder) -> Examples:
    from trending.enrichment.examples import examples_for
    from trending.models.bundle import read_manifest
    from trending.models.registry import resolve_model

    manifest, _ = read_manifest(resolve_model(settings, settings.serve.model).folder)
    return examples_for(settings, encoder, snapshot_id=manifest.snapshot_id)
