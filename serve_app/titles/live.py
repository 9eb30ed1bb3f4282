"""The titles as a service: the newest index, its neighbours and the feedback, with the threads that tend them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from threading import Event, Thread
from time import monotonic

from serve_app.contracts import Feedback, Similar, TitleDetail, TitlePage, TitleQuery
from serve_app.titles.feedback import FeedbackLog
from serve_app.titles.fresh import FreshIndex
from serve_app.titles.similar import Neighbours, OpenEncoder
from trending.errors import ServiceError
from trending.settings import Settings

MOVE_FEEDBACK_EVERY_S = 30.0
RETRY_EMBEDDING_S = 300.0
"""After a failure; a new index is embedded at once."""
_log = logging.getLogger(__name__)


class LiveTitles:
    """`TitleStoreService` in this process."""

    def __init__(self, settings: Settings, *, open_encoder: OpenEncoder | None = None) -> None:
        """Build the first index; `start` keeps it fresh. An empty catalogue is an empty list, not an error."""
        self._refresh_s = settings.serve.refresh_s
        self._index = FreshIndex(settings)
        self._neighbours = Neighbours(settings, open_encoder=open_encoder)
        self._feedback = FeedbackLog(settings)
        self._stop, self._changed = Event(), Event()
        self._threads: list[Thread] = []
        self.refresh()

    def start(self) -> None:
        """Keep index, neighbours and feedback up to date in the background, until `close`."""
        for work in (self._watch, self._embed):
            thread = Thread(target=work, name=f"titles-{work.__name__.strip('_')}", daemon=True)
            thread.start()
            self._threads.append(thread)

    def close(self) -> None:
        """Stop the background work, move the feedback, drop the index."""
        self._stop.set()
        self._changed.set()
        for thread in self._threads:
            thread.join()
        _attempt("move the feedback", self._feedback.move)
        self._feedback.close()
        self._index.close()

    def check(self) -> None:
        """Raises `ServiceError` where the background work has ended by itself."""
        dead = [thread.name for thread in self._threads if not thread.is_alive()]
        if dead and not self._stop.is_set():
            raise ServiceError(f"The title store has stopped its background work: {', '.join(dead)}.")

    def refresh(self) -> bool:
        """Look for a new snapshot now. True: there is a new index."""
        new = self._index.refresh()
        if new:
            self._changed.set()
        return new

    async def search(self, query: TitleQuery) -> TitlePage:
        """One page of the titles that the query asks for."""
        return await asyncio.to_thread(self._search, query)

    async def get(self, title_id: str) -> TitleDetail | None:
        """All about a title; None where there is none of this id."""
        return await asyncio.to_thread(self._get, title_id)

    async def similar(self, title_id: str, limit: int) -> tuple[Similar, ...] | None:
        """Works with the nearest plots; None where there is no such title, empty while it has no vector."""
        return await asyncio.to_thread(self._similar, title_id, limit)

    async def trending(self, limit: int) -> TitlePage:
        """What is new and rated highest."""
        return await asyncio.to_thread(self._trending, limit)

    async def facets(self) -> Mapping[str, Sequence[tuple[str, int]]]:
        """Values to filter by, with their numbers of titles."""
        with self._index.reading() as index:
            return index.facets()

    async def snapshot_id(self) -> str:
        """Version of the tables that answers are of: `TITLES-ENRICHMENTS`."""
        with self._index.reading() as index:
            return index.snapshot_id

    async def add_feedback(self, feedback: Feedback) -> None:
        """On disk when this returns. Raises `ServiceError` where it cannot be written."""
        await asyncio.to_thread(self._feedback.add, feedback)

    def _search(self, query: TitleQuery) -> TitlePage:
        with self._index.reading() as index:
            return index.search(query)

    def _get(self, title_id: str) -> TitleDetail | None:
        with self._index.reading() as index:
            return index.get(title_id)

    def _trending(self, limit: int) -> TitlePage:
        with self._index.reading() as index:
            return index.trending(limit)

    def _similar(self, title_id: str, limit: int) -> tuple[Similar, ...] | None:
        with self._index.reading() as index:
            if not index.summaries([title_id]):
                return None
            nearest = self._neighbours.nearest(title_id, limit)
            titles = index.summaries([found for found, _ in nearest])
        return tuple(Similar(titles[found], cosine) for found, cosine in nearest if found in titles)

    def _watch(self) -> None:
        moved_at = -MOVE_FEEDBACK_EVERY_S
        while not self._stop.is_set():
            if monotonic() - moved_at >= MOVE_FEEDBACK_EVERY_S:
                _attempt("move the feedback", self._feedback.move)
                moved_at = monotonic()
            self._stop.wait(self._refresh_s)
            if not self._stop.is_set():
                self.refresh()

    def _embed(self) -> None:
        while not self._stop.is_set():
            changed = self._changed.wait(RETRY_EMBEDDING_S)
            self._changed.clear()
            if not self._stop.is_set() and (changed or self._neighbours.missing != 0):
                _attempt("embed the titles", self._update_neighbours)

    def _update_neighbours(self) -> None:
        with self._index.reading() as index:
            self._neighbours.update(index, stop=lambda: self._stop.is_set() or self._changed.is_set())


def _attempt(what: str, work: Callable[[], object]) -> None:
    try:
        work()
    except Exception:  # noqa: BLE001 (background work that fails is logged, tried again, and takes no answer down)
        _log.exception("The title store could not %s.", what)
