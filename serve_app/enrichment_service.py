"""The enrichment chain on the deployments of the service, with a memory for titles that were just enriched."""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
from collections import OrderedDict
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from contextvars import ContextVar
from dataclasses import asdict
from typing import Any

from serve_app.contracts import ClassifierService
from serve_app.remote_engine import RemoteEngine
from serve_app.splitting import assign
from trending.enrichment.chain import EnrichmentChain, SentimentModel, genres_event
from trending.enrichment.failures import TRANSIENT
from trending.enrichment.genres import Examples, answers_of
from trending.enrichment.prompts import load_prompt
from trending.enrichment.schema import Enrichment, EnrichmentInput, GenreAnswer
from trending.enrichment.support import Encoder
from trending.enrichment.trust import Trust, load_trust
from trending.errors import TrendingError
from trending.settings import Settings

logger = logging.getLogger("ray.serve")

KEPT = 2048
"""Enrichments that are remembered; each is some kilobytes."""
PROMPTS = ("reviews", "plot", "again", "genres")


class EnrichmentService:
    """`EnricherService`. To be used inside one event loop.

    An enrichment is given again for the same texts, classifier version, language model, prompts and settings; not
    if it stands on a lower rung only because something was busy or down.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        classifiers: ClassifierService,
        engine: RemoteEngine | None,
        encoder: Encoder,
        sentiment: SentimentModel,
        examples: Examples | None = None,
    ) -> None:
        self._settings, self._classifiers, self._engine = settings, classifiers, engine
        self._max_reviews = settings.train.document.max_reviews
        self._key: ContextVar[str] = ContextVar("request_key", default="")
        self._kept = _Memory()
        self._chain = EnrichmentChain(
            settings,
            engine=engine,
            classify=self._classify,
            encoder=encoder,
            sentiment=sentiment,
            trust=self._trust,
            examples=examples,
            max_reviews=lambda: self._max_reviews,
        )

    async def enrich(self, title: EnrichmentInput, *, key: str) -> Enrichment:
        """The enrichment; `key` says which side of the traffic split classifies."""
        recipe = await self._recipe(title, key)
        kept = self._kept.get(recipe)
        if kept is not None:
            return kept
        self._key.set(key)
        return self._keep(recipe, await self._chain.enrich(title))

    async def stream(self, title: EnrichmentInput, *, key: str) -> AsyncGenerator[Mapping[str, Any], None]:
        """The events of `EnricherService.stream`. Closed early, the models stop."""
        recipe = await self._recipe(title, key)
        kept = self._kept.get(recipe)
        if kept is not None:
            for event in _events_of(kept):
                yield event
            return
        self._key.set(key)
        async with aclosing(
            self._chain.stream(title, finished=lambda done: self._keep(recipe, done))
        ) as events:
            async for event in events:
                yield event

    async def _classify(self, documents: list[str]) -> list[GenreAnswer]:
        answered = (await self._classifiers.classify(documents, key=self._key.get())).classified
        card = answered.model
        return answers_of(
            answered.probabilities,
            kind=card.kind,
            version=card.version,
            genres=card.genres,
            thresholds=card.thresholds,
        )

    async def _recipe(self, title: EnrichmentInput, key: str) -> str:
        """Hash of all that an enrichment depends on; empty where it is not known, and nothing can be kept."""
        model = (await self._engine.meet()).model if self._engine else ""
        try:
            self._max_reviews = (await self._classifiers.champion()).max_reviews
            version = assign(await self._classifiers.policy(), key).version
        except Exception as error:  # noqa: BLE001 (the chain has a rung below every classifier)
            logger.warning("Enriching without knowing the classifier: %s", type(error).__name__)
            return ""
        trust = await asyncio.to_thread(self._trust, version)
        parts = [
            asdict(title),
            version,
            model,
            trust.learnt_at if trust else "",
            [load_prompt(name).hash for name in PROMPTS],
            self._settings.enrichment.model_dump(mode="json"),
        ]
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()

    def _keep(self, recipe: str, done: Enrichment) -> Enrichment:
        if recipe and not any(fault.kind in TRANSIENT for fault in done.faults):
            self._kept.put(recipe, done)
        return done

    def _trust(self, version: str) -> Trust | None:
        if self._engine is None or not self._engine.card.can_score:
            return None
        try:
            return load_trust(self._settings, self._engine.card.model, version)
        except TrendingError as error:
            logger.warning("%s", error)
            return None


class LazyExamples:
    """Examples that are loaded when first asked for: only where a language model is trusted about genres."""

    def __init__(self, load: Callable[[], Examples]) -> None:
        self._load = load
        self._examples: Examples | None = None

    def __call__(self, title: EnrichmentInput) -> Sequence[tuple[str, str, tuple[str, ...]]]:
        """Nearest titles. Two that come first at once both load; the result is the same."""
        if self._examples is None:
            self._examples = self._load()
        return self._examples(title)


class _Memory:
    """The latest enrichments by recipe."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, Enrichment] = OrderedDict()

    def get(self, recipe: str) -> Enrichment | None:
        if recipe in self._kept:
            self._kept.move_to_end(recipe)
        return self._kept.get(recipe)

    def put(self, recipe: str, done: Enrichment) -> None:
        self._kept[recipe] = done
        self._kept.move_to_end(recipe)
        if len(self._kept) > KEPT:
            self._kept.popitem(last=False)


def _events_of(kept: Enrichment) -> Sequence[Mapping[str, Any]]:
    """What a stream brings where all is known."""
    answer = GenreAnswer(kept.genre_rung, kept.genre_version, kept.genres, kept.probabilities)
    drafts = [{"event": "draft", "text": kept.summary}] if kept.summary else []
    return [genres_event(answer), *drafts, {"event": "done", "enrichment": kept.as_json()}]
