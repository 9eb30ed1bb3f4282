"""The real API on services that are made up, in a thread of this process: no Ray, no model."""

from __future__ import annotations

import socket
import threading
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import uvicorn

from serve_app.api.app import build_api
from serve_app.contracts import Services
from tests.serve_app.api.fakes import FakeClassifiers, FakeEnricher, FakeLLM, FakeTitles, fake_titles
from trending.enrichment.schema import EnrichmentInput
from trending.settings import Settings

HOSTILE = '<img src=x onerror="alert(1)">'
HOSTILE_ID = "hostile"


@contextmanager
def served(settings: Settings, services: Services) -> Iterator[str]:
    """The API under uvicorn; yields its address, and ends it."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = f"http://127.0.0.1:{listener.getsockname()[1]}"
        config = uvicorn.Config(build_api(services, settings), log_level="warning", lifespan="off")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        try:
            yield address
        finally:
            server.should_exit = True
            thread.join(timeout=20)


@dataclass
class StepwiseEnricher(FakeEnricher):
    """Drafts that grow, as the chain sends them; each waits for `gate`, so that a test sees the stream on its way."""

    gate: threading.Event = field(default_factory=threading.Event)
    closed: threading.Event = field(default_factory=threading.Event)

    async def stream(self, title: EnrichmentInput, *, key: str) -> AsyncGenerator[Mapping[str, Any], None]:
        import asyncio

        said = ""
        try:
            async for event in super().stream(title, key=key):
                if event["event"] != "draft":
                    yield event
                    continue
                said += event["text"]
                yield {"event": "draft", "text": said.strip()}
                while not self.gate.is_set():
                    await asyncio.sleep(0.01)
        finally:
            self.closed.set()


def services_of(count: int = 300, *, hostile: bool = True) -> Services:
    """Fresh services with `count` titles, one of which would be markup if it were ever taken for it."""
    titles = fake_titles(count)
    if hostile:
        titles = (hostile_title(titles[1]), unread_title(titles[2]), *titles[1:])
    return Services(FakeClassifiers(), StepwiseEnricher(), FakeLLM(), FakeTitles(titles))


def hostile_title(like: Any) -> Any:
    """A title whose every text is markup."""
    summary = replace(
        like.summary,
        title_id=HOSTILE_ID,
        title=HOSTILE,
        platform=HOSTILE,
        vibe_tags=(HOSTILE,),
        genres=("Drama", HOSTILE),
        vibe_score=9.9,
        added_on="2026-12-31",
    )
    enrichment = {
        **(like.enrichment or {}),
        "summary": HOSTILE,
        "llm_model": HOSTILE,
        "vibe_tags": (HOSTILE,),
    }
    return replace(
        like,
        summary=summary,
        plot=f"{HOSTILE} {like.plot}",
        reviews=(HOSTILE,) * 4,
        ratings=(),
        enrichment=enrichment,
    )


def unread_title(like: Any) -> Any:
    """A title that nobody has enriched."""
    summary = replace(like.summary, title_id="unread", title="Unread Reviews", vibe_score=None, vibe_tags=())
    return replace(like, summary=summary, enrichment=None)


Serve = Callable[[Services], str]
