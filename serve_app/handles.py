"""Deployment handles as the services of `contracts`: plain values go through, and errors arrive as their own types."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from typing import Any

from ray.serve.handle import DeploymentHandle

from serve_app.calls import answer, pieces
from serve_app.classifiers import Classifiers
from serve_app.contracts import Feedback, Services, Similar, TitleDetail, TitlePage, TitleQuery
from trending.enrichment.schema import Enrichment, EnrichmentInput
from trending.errors import LLMBusyError
from trending.llm.protocol import (
    EngineCard,
    GenerateRequest,
    GenerateResponse,
    Piece,
    ScoreRequest,
    ScoreResponse,
)
from trending.settings import Settings

GRACE_S = 5.0
"""Over the engine's deadline, for the way there and back."""


@dataclass(frozen=True)
class Handles:
    """The deployments that another one stands on, as `bind` takes them."""

    classifiers: Mapping[str, DeploymentHandle]
    """By kind of model."""
    traffic: DeploymentHandle
    llm: DeploymentHandle
    titles: DeploymentHandle
    enricher: DeploymentHandle | None = None
    """None for the enricher itself."""


def services(handles: Handles, settings: Settings) -> Services:
    """What the API stands on. To be called inside an event loop, as handles are."""
    if handles.enricher is None:
        raise ValueError("The API needs an enricher.")
    return Services(
        classifiers=Classifiers(handles.traffic, handles.classifiers),
        enricher=EnricherHandle(handles.enricher),
        llm=LLMHandle(handles.llm, deadline_s=settings.llm.deadline_s),
        titles=TitleStoreHandle(handles.titles),
    )


class LLMHandle:
    """`LLMService`, and the likelihoods that the enricher asks for."""

    def __init__(self, handle: DeploymentHandle, *, deadline_s: float | None = None) -> None:
        """`deadline_s`: the engine's own. Where no replica is up nobody keeps it, so it is kept here, a little later:
        `LLMBusyError`. None: whoever asks has a clock."""
        self._handle = handle
        self._limit_s = None if deadline_s is None else deadline_s + GRACE_S
        self._card: EngineCard | None = None

    async def card(self) -> EngineCard:
        """What the engine is; asked once."""
        if self._card is not None:
            return self._card
        card: EngineCard = await answer(self._handle.card.remote())
        self._card = card
        return card

    async def generate(self, request: GenerateRequest) -> GenerateResponse:
        """The whole answer."""
        async with _answered_by(self._ends()):
            return await answer(self._handle.generate.remote(request))

    async def stream(self, request: GenerateRequest) -> AsyncGenerator[Piece, None]:
        """The answer in pieces. Closed early, the engine stops."""
        ends = self._ends()
        async with aclosing(pieces(self._handle, "stream", request)) as found:
            while True:
                async with _answered_by(ends):
                    piece = await anext(found, None)
                if piece is None:
                    return
                yield piece

    async def score(self, request: ScoreRequest) -> ScoreResponse:
        """Likelihoods of continuations."""
        return await answer(self._handle.score.remote(request))

    def _ends(self) -> float | None:
        return None if self._limit_s is None else asyncio.get_running_loop().time() + self._limit_s


@asynccontextmanager
async def _answered_by(ends: float | None) -> AsyncGenerator[None, None]:
    limit = asyncio.timeout_at(ends)
    try:
        async with limit:
            yield
    except TimeoutError as error:
        if not limit.expired():
            raise
        raise LLMBusyError("No replica of the language model answers. Ask again later.", GRACE_S) from error


class EnricherHandle:
    """`EnricherService`."""

    def __init__(self, handle: DeploymentHandle) -> None:
        self._handle = handle

    async def enrich(self, title: EnrichmentInput, *, key: str) -> Enrichment:
        """All that is said about a title."""
        return await answer(self._handle.enrich.remote(title, key=key))

    def stream(self, title: EnrichmentInput, *, key: str) -> AsyncGenerator[Mapping[str, Any], None]:
        """Events, as they happen."""
        return pieces(self._handle, "stream", title, key=key)


class TitleStoreHandle:
    """`TitleStoreService`."""

    def __init__(self, handle: DeploymentHandle) -> None:
        self._handle = handle

    async def search(self, query: TitleQuery) -> TitlePage:
        """One page of a list."""
        return await answer(self._handle.search.remote(query))

    async def get(self, title_id: str) -> TitleDetail | None:
        """All about a title."""
        return await answer(self._handle.get.remote(title_id))

    async def similar(self, title_id: str, limit: int) -> tuple[Similar, ...] | None:
        """Nearest plots."""
        return await answer(self._handle.similar.remote(title_id, limit))

    async def trending(self, limit: int) -> TitlePage:
        """New and rated highest."""
        return await answer(self._handle.trending.remote(limit))

    async def facets(self) -> Mapping[str, Sequence[tuple[str, int]]]:
        """Values to filter by."""
        return await answer(self._handle.facets.remote())

    async def snapshot_id(self) -> str:
        """Version of the tables."""
        return await answer(self._handle.snapshot_id.remote())

    async def add_feedback(self, feedback: Feedback) -> None:
        """Durable when this returns."""
        await answer(self._handle.add_feedback.remote(feedback))
