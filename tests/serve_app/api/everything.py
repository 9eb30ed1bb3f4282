"""One deployment that stands for all others of the service. In a module of its own, which its replica can import."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from ray import serve
from ray.serve.exceptions import BackPressureError

from serve_app.contracts import Classified, TitlePage, TitleQuery, TrafficPolicy
from tests.serve_app.api.fakes import SNAPSHOT, FakeClassifiers, FakeLLM, FakeTitles
from trending.llm.protocol import EngineCard, GenerateRequest, Piece


@serve.deployment(ray_actor_options={"num_cpus": 0})
class Everything:
    """All other deployments in one, as far as these tests ask them."""

    def __init__(self) -> None:
        self._classifiers, self._llm, self._titles = FakeClassifiers(), FakeLLM(), FakeTitles()

    async def policy(self) -> TrafficPolicy:
        return TrafficPolicy("3", "bert", folders={"3": "/nowhere"})

    async def record(self, records: list[Any]) -> None:
        """Nothing is kept."""

    async def describe(self, *_: Any) -> Any:
        return self._classifiers.card()

    async def classify(self, documents: list[str], *_: Any) -> Classified:
        if "too much" in documents[0]:
            raise BackPressureError(7, 7, retry_after_s=3)
        return (await self._classifiers.classify(documents, key="")).classified

    async def card(self) -> EngineCard:
        return await self._llm.card()

    async def stream(self, request: GenerateRequest) -> AsyncIterator[Piece]:
        async for piece in self._llm.stream(request):
            yield piece

    async def search(self, query: TitleQuery) -> TitlePage:
        return await self._titles.search(query)

    async def facets(self) -> None:
        raise ValueError("secret")

    async def snapshot_id(self) -> str:
        return SNAPSHOT
