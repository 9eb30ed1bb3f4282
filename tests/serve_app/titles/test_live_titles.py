"""The whole title store in one process: asked, kept fresh and given feedback as the service does."""

from __future__ import annotations

import asyncio
import dataclasses
import threading
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

import numpy as np
import pytest

from serve_app.contracts import TitleQuery, TitleStoreService
from serve_app.titles.encoding import Encode
from serve_app.titles.live import LiveTitles
from tests.serve_app.titles.shelves import enrich, enrichment, shelve, title
from tests.serve_app.titles.test_title_feedback import kept, word
from trending.catalog.tables import Tables
from trending.errors import ServiceError
from trending.features.embeddings import TABLE, Embeddings
from trending.settings import Settings

T = TypeVar("T")
TITLES = [
    title("Heat", title_key="heat"),
    title("Ronin", title_key="ronin"),
    title("Collateral", title_key="collateral"),
]


@contextmanager
def lengths() -> Iterator[Encode]:
    """An encoder that goes by the length of the text."""

    def encode(documents: Sequence[str]) -> Embeddings:
        angles = np.array([len(document) for document in documents]) / 10
        return np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)

    yield encode


@pytest.fixture
def quick(settings: Settings) -> Settings:
    """Looks at the tables twenty times a second."""
    return settings.model_copy(update={"serve": settings.serve.model_copy(update={"refresh_s": 0.05})})


@pytest.fixture
def live(quick: Settings) -> Iterator[LiveTitles]:
    titles = LiveTitles(quick, open_encoder=lengths)
    titles.start()
    yield titles
    titles.close()


async def until(ask: Callable[[], Awaitable[T]], right: Callable[[T], bool]) -> T:
    """The first answer that is right."""
    async with asyncio.timeout(60):
        while not right(answer := await ask()):
            await asyncio.sleep(0.02)
    return answer


def test_it_is_the_service_that_the_api_asks_for(live: LiveTitles) -> None:
    service: TitleStoreService = live
    assert service is live


def test_before_the_first_ingest_all_lists_are_empty(live: LiveTitles) -> None:
    async def ask() -> None:
        assert (await live.search(TitleQuery())).items == ()
        assert (await live.trending(10)).total == 0
        assert await live.get("id-Heat") is None
        assert await live.similar("id-Heat", 5) is None
        assert await live.facets() == {"genres": (), "platforms": (), "kinds": (), "tags": ()}
        assert await live.snapshot_id() == "0-0"

    asyncio.run(ask())
    live.check()


def test_what_is_ingested_and_enriched_shows_up_by_itself(live: LiveTitles, quick: Settings) -> None:
    async def ask() -> None:
        shelve(quick, TITLES)
        page = await until(lambda: live.search(TitleQuery(sort="title")), lambda page: page.total == 3)
        assert [item.title for item in page.items] == ["Collateral", "Heat", "Ronin"]
        assert page.snapshot_id == await live.snapshot_id()
        similar = await until(
            lambda: live.similar("id-Heat", 5), lambda found: found is not None and len(found) == 2
        )
        assert similar is not None
        assert [near.title.title for near in similar] == ["Ronin", "Collateral"]
        enrich(quick, enrichment("Heat", vibe_score=8.0))
        detail = await until(lambda: live.get("id-Heat"), lambda found: bool(found and found.enrichment))
        assert detail is not None
        assert detail.summary.vibe_score == 8.0
        assert await live.snapshot_id() != page.snapshot_id

    asyncio.run(ask())
    live.check()


def test_similar_leaves_out_what_the_newest_snapshot_does_not_hold(quick: Settings) -> None:
    shelve(quick, TITLES)
    live = LiveTitles(quick, open_encoder=lengths)
    live._changed.clear()
    live._update_neighbours()
    shelve(quick, TITLES[:2])
    live.refresh()
    similar = asyncio.run(live.similar("id-Heat", 5))
    assert similar is not None
    assert [near.title.title for near in similar] == ["Ronin"]
    live.close()


def test_feedback_reaches_its_table_at_the_latest_when_the_store_closes(quick: Settings) -> None:
    live = LiveTitles(quick)
    asyncio.run(live.add_feedback(word(1)))
    live.close()
    assert kept(quick) == ["f-1"]


def test_feedback_left_by_an_earlier_store_is_moved_at_the_start(quick: Settings) -> None:
    earlier = LiveTitles(quick)
    asyncio.run(earlier.add_feedback(word(1)))
    earlier._feedback.close()
    later = LiveTitles(quick)
    later.start()

    async def moved() -> list[str]:
        return kept(quick)

    assert asyncio.run(until(moved, bool)) == ["f-1"]
    later.close()
    earlier.close()
    assert kept(quick) == ["f-1"]


def test_an_encoder_that_fails_takes_no_answer_down(
    quick: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    @contextmanager
    def broken() -> Iterator[Encode]:
        raise ServiceError("no memory")
        yield

    shelve(quick, TITLES)
    live = LiveTitles(quick, open_encoder=broken)
    live.start()

    async def logged() -> str:
        return caplog.text

    asyncio.run(until(logged, lambda text: "could not embed the titles" in text))
    assert asyncio.run(live.similar("id-Heat", 5)) == ()
    assert asyncio.run(live.search(TitleQuery())).total == 3
    live.check()
    live.close()


def test_requests_are_answered_while_titles_are_embedded(quick: Settings) -> None:
    begun, go_on = threading.Event(), threading.Event()

    @contextmanager
    def slow() -> Iterator[Encode]:
        def encode(documents: Sequence[str]) -> Embeddings:
            begun.set()
            assert go_on.wait(60)
            return np.ones((len(documents), 2), np.float32)

        yield encode

    shelve(quick, TITLES)
    live = LiveTitles(quick, open_encoder=slow)
    live.start()
    assert begun.wait(60)
    assert asyncio.run(live.similar("id-Heat", 5)) == ()
    assert asyncio.run(live.search(TitleQuery())).total == 3
    go_on.set()
    live.close()
    assert Tables(quick).rows(TABLE) == 3


def test_a_store_whose_background_work_ended_is_not_healthy(
    quick: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(LiveTitles, "_watch", lambda _: None)
    live = LiveTitles(quick)
    live.start()
    live._threads[0].join()
    with pytest.raises(ServiceError, match="titles-"):
        live.check()
    live.close()


def test_answers_hold_plain_values_alone(quick: Settings) -> None:
    shelve(quick, TITLES)
    enrich(quick, enrichment("Heat", vibe_score=8.0, vibe_tags=["tense"]))
    live = LiveTitles(quick)
    detail, page = asyncio.run(live.get("id-Heat")), asyncio.run(live.trending(3))
    assert detail is not None
    _assert_plain(dataclasses.asdict(detail))
    _assert_plain(dataclasses.asdict(page))
    live.close()


def _assert_plain(value: object) -> None:
    if isinstance(value, dict):
        for held in value.values():
            _assert_plain(held)
    elif isinstance(value, list | tuple):
        for held in value:
            _assert_plain(held)
    else:
        assert type(value) in (str, int, float, bool, type(None))
