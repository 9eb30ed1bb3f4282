"""Services that answer at once and always the same: some 300 titles, a classifier and a language model of words.

The API's tests and the page's tests run on them, without Ray and without a model.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from serve_app.contracts import (
    Answered,
    Classified,
    Feedback,
    ModelCard,
    Services,
    Similar,
    TitleDetail,
    TitlePage,
    TitleQuery,
    TitleSummary,
    TrafficPolicy,
)
from tests.serve_app.api.made_up import (
    GENRES,
    PLATFORMS,
    REVIEWS,
    SNAPSHOT,
    TAGS,
    fake_enrichment,
    fake_probabilities,
    fake_titles,
)
from trending.enrichment.schema import Enrichment, EnrichmentInput
from trending.llm.protocol import EngineCard, GenerateRequest, GenerateResponse, Piece, Usage

__all__ = [
    "GENRES",
    "PLATFORMS",
    "REVIEWS",
    "SNAPSHOT",
    "TAGS",
    "fake_enrichment",
    "fake_probabilities",
    "fake_titles",
]


class OverloadedError(Exception):
    """Stands for Ray's errors of deployments that are busy or gone."""


@dataclass
class FakeClassifiers:
    """A classifier whose probabilities come from a hash. `fails` raises, `policy_now` and `version` can be set."""

    version: str = "3"
    kind: str = "bert"
    policy_now: TrafficPolicy = field(
        default_factory=lambda: TrafficPolicy("3", "bert", fallbacks=(("xgboost", "2"), ("keyword", "1")))
    )
    fails: BaseException | None = None
    asked: list[tuple[tuple[str, ...], str, str]] = field(default_factory=list)
    """Documents, key and request id of each call."""
    explained: list[str] = field(default_factory=list)

    def card(self) -> ModelCard:
        return ModelCard(
            kind=self.kind,
            version=self.version,
            bundle="ab" * 32,
            snapshot_id=SNAPSHOT,
            genres=GENRES,
            thresholds=tuple(0.3 + place % 3 / 10 for place in range(len(GENRES))),
            max_reviews=2,
        )

    async def classify(self, documents: Sequence[str], *, key: str, request_id: str = "") -> Answered:
        self.asked.append((tuple(documents), key, request_id))
        if self.fails:
            raise self.fails
        rows = np.stack([fake_probabilities(document) for document in documents])
        return Answered(Classified(rows, self.card()), "champion")

    async def champion(self) -> ModelCard:
        if self.fails:
            raise self.fails
        return self.card()

    async def cards(self) -> tuple[ModelCard, ...]:
        return (await self.champion(), replace(self.card(), kind="xgboost", version="2"))

    async def explain(self, document: str) -> Mapping[str, Sequence[tuple[str, float]]]:
        self.explained.append(document)
        words = [word.strip(".,:") for word in document.split() if len(word) > 4][:6]
        probabilities = fake_probabilities(document)
        assigned = [
            g for g, p, t in zip(GENRES, probabilities, self.card().thresholds, strict=True) if p >= t
        ]
        return {
            genre: [(word, round(0.4 / (place + 1), 3)) for place, word in enumerate(words)]
            for genre in assigned
        }

    async def policy(self) -> TrafficPolicy:
        return self.policy_now


@dataclass
class FakeLLM:
    """Answers with the last message, word by word. `fails` raises, after `fails_after` pieces of a stream.

    `gate` holds each piece back until it is set or released; `closed` tells that a stream was ended early.
    """

    fails: BaseException | None = None
    fails_after: int = 0
    engine: str = "openvino"
    gate: Callable[[], Any] | None = None
    asked: list[GenerateRequest] = field(default_factory=list)
    closed: int = 0
    cancelled: int = 0

    async def card(self) -> EngineCard:
        return EngineCard(self.engine, "fake-llm-1", 2048)

    async def generate(self, request: GenerateRequest) -> GenerateResponse:
        self.asked.append(request)
        if self.fails:
            raise self.fails
        try:
            if self.gate:
                await self.gate()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        text = "{}" if request.json_schema else f"You said: {request.messages[-1].content}"
        words = text.split(" ")[: request.max_tokens]
        return GenerateResponse(" ".join(words), "stop", Usage(11, len(words)), "fake-llm-1")

    async def stream(self, request: GenerateRequest) -> AsyncGenerator[Piece, None]:
        self.asked.append(request)
        words = f"You said: {request.messages[-1].content}".split(" ")[: request.max_tokens]
        try:
            for place, word in enumerate(words):
                if self.fails and place >= self.fails_after:
                    raise self.fails
                if self.gate:
                    await self.gate()
                yield Piece(word if place == 0 else f" {word}")
            yield Piece("", "stop", Usage(11, len(words)))
        except (asyncio.CancelledError, GeneratorExit):
            self.closed += 1
            raise


@dataclass
class FakeEnricher:
    """The chain, with `pause` awaited between two events of a stream."""

    pause: Callable[[], Any] | None = None
    fails: BaseException | None = None
    asked: list[tuple[EnrichmentInput, str]] = field(default_factory=list)

    async def enrich(self, title: EnrichmentInput, *, key: str) -> Enrichment:
        self.asked.append((title, key))
        if self.fails:
            raise self.fails
        return fake_enrichment(title)

    async def stream(self, title: EnrichmentInput, *, key: str) -> AsyncGenerator[Mapping[str, Any], None]:
        self.asked.append((title, key))
        if self.fails:
            raise self.fails
        whole = fake_enrichment(title)
        model = {"name": "bert", "version": "3", "bundle": "ab" * 32, "snapshot_id": SNAPSHOT}
        yield {
            "event": "genres",
            "genres": list(whole.genres),
            "probabilities": dict(whole.probabilities),
            "model": model,
        }
        for word in whole.summary.split():
            if self.pause:
                await self.pause()
            yield {"event": "draft", "text": f"{word} "}
        yield {"event": "note", "detail": "a sentence that no review supports was left out"}
        yield {"event": "done", "enrichment": whole.as_json()}


@dataclass
class FakeTitles:
    """The tables, in memory."""

    titles: tuple[TitleDetail, ...] = field(default_factory=fake_titles)
    snapshot: str = SNAPSHOT
    fails: BaseException | None = None
    feedback: list[Feedback] = field(default_factory=list)
    searches: list[TitleQuery] = field(default_factory=list)

    async def search(self, query: TitleQuery) -> TitlePage:
        self.searches.append(query)
        found = [title.summary for title in self.titles if _passes(title, query)]
        found.sort(key=_order(query.sort))
        page = found[query.offset : query.offset + query.limit]
        return TitlePage(tuple(page), len(found), self.snapshot)

    async def get(self, title_id: str) -> TitleDetail | None:
        if self.fails:
            raise self.fails
        return next((title for title in self.titles if title.summary.title_id == title_id), None)

    async def similar(self, title_id: str, limit: int) -> tuple[Similar, ...] | None:
        here = await self.get(title_id)
        if here is None:
            return None
        others = [title.summary for title in self.titles if title is not here][:limit]
        return tuple(Similar(title, round(0.9 - place / 100, 3)) for place, title in enumerate(others))

    async def trending(self, limit: int) -> TitlePage:
        return await self.search(TitleQuery(sort="score", limit=limit))

    async def facets(self) -> Mapping[str, Sequence[tuple[str, int]]]:
        counts: dict[str, Counter[str]] = {
            name: Counter() for name in ("genres", "platforms", "kinds", "tags")
        }
        for title in self.titles:
            counts["genres"].update(title.summary.genres)
            counts["platforms"][title.summary.platform] += 1
            counts["kinds"][title.summary.kind] += 1
            counts["tags"].update(title.summary.vibe_tags)
        return {name: counter.most_common() for name, counter in counts.items()}

    async def snapshot_id(self) -> str:
        if self.fails:
            raise self.fails
        return self.snapshot

    async def add_feedback(self, feedback: Feedback) -> None:
        self.feedback.append(feedback)


def fake_services() -> Services:
    """Fresh services. Their parts can be set and looked at by the tests."""
    return Services(FakeClassifiers(), FakeEnricher(), FakeLLM(), FakeTitles())


def _passes(title: TitleDetail, query: TitleQuery) -> bool:
    one = title.summary
    words = f"{one.title} {title.plot}".casefold()
    score, year = one.vibe_score, one.release_year
    return (
        all(word in words for word in query.text.casefold().split())
        and (not query.genres or bool({*query.genres} & {*one.genres}))
        and (not query.platforms or one.platform in query.platforms)
        and (not query.kinds or one.kind in query.kinds)
        and (not query.tags or bool({*query.tags} & {*one.vibe_tags}))
        and (query.min_score is None or (score is not None and score >= query.min_score))
        and (query.max_score is None or (score is not None and score <= query.max_score))
        and (query.year_from is None or (year is not None and year >= query.year_from))
        and (query.year_to is None or (year is not None and year <= query.year_to))
    )


def _order(sort: str) -> Callable[[TitleSummary], Any]:
    if sort == "score":
        return lambda one: (-(one.vibe_score or 0), one.title)
    if sort == "newest":
        return lambda one: (tuple(-ord(letter) for letter in one.added_on or ""), one.title)
    return lambda one: one.title
