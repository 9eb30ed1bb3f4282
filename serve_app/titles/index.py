"""Reads of one index: lists, one title, facets. Any number of threads may read at once."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import Any

from serve_app.contracts import TitleDetail, TitlePage, TitleQuery, TitleSummary
from serve_app.titles.query import matching, ordered, storable, within

MOST_REVIEWS, MOST_RATINGS = 20, 200
"""Of one title in an answer, in the order of the reviews' ids."""
COUNTS_KEPT = 1024
_SUMMARY = (
    "t.title_id, t.title, t.kind, t.platform, t.release_year, t.added_on, t.genres, "
    "t.vibe_score, t.score_basis, t.vibe_tags"
)
_FACETS = {
    "genres": "SELECT value, count(*) AS n FROM title_genres GROUP BY value",
    "platforms": "SELECT platform AS value, count(*) AS n FROM titles GROUP BY platform",
    "kinds": "SELECT kind AS value, count(*) AS n FROM titles GROUP BY kind",
    "tags": "SELECT value, count(*) AS n FROM title_tags GROUP BY value",
}
_READER_SETTINGS = "PRAGMA query_only = ON; PRAGMA mmap_size = 268435456; PRAGMA temp_store = MEMORY;"


class TitleIndex:
    """A database that `build_index` wrote, opened for reading. Close it when nobody reads any more."""

    def __init__(self, file: Path, snapshot_id: str) -> None:
        self.file, self.snapshot_id = file, snapshot_id
        self._idle: list[sqlite3.Connection] = []
        self._lock = Lock()
        self._facets = self._count_facets()
        self._count = lru_cache(maxsize=COUNTS_KEPT)(self._count_matching)

    def search(self, query: TitleQuery) -> TitlePage:
        """The titles that the query asks for, with the exact number of all that there are."""
        # Pages of one list differ in order, offset and limit alone: it is counted once.
        total = self._count(replace(query, sort="newest", offset=0, limit=0))
        chosen = ordered(query, total)
        page = [max(0, within(query.limit)), max(0, within(query.offset))]
        with self.connection() as database:
            rows = database.execute(
                f"SELECT {_SUMMARY} FROM {chosen.source} {chosen.where} ORDER BY {chosen.order} LIMIT ? OFFSET ?",
                [*chosen.parameters, *chosen.order_parameters, *page],
            ).fetchall()
        return TitlePage(tuple(map(_summary, rows)), total, self.snapshot_id)

    def trending(self, limit: int) -> TitlePage:
        """New and well rated works, highest first (`trend.py` has the formula): one copy of each."""
        with self.connection() as database:
            (total,) = database.execute("SELECT count(*) FROM titles WHERE place IS NOT NULL").fetchone()
            rows = database.execute(
                f"SELECT {_SUMMARY} FROM titles t WHERE t.place IS NOT NULL ORDER BY t.place LIMIT ?",
                [max(0, within(limit))],
            ).fetchall()
        return TitlePage(tuple(map(_summary, rows)), total, self.snapshot_id)

    def get(self, title_id: str) -> TitleDetail | None:
        """All about one title, with its first reviews; None where there is no such title."""
        title_id = storable(title_id)
        with self.connection() as database:
            row = database.execute(
                f"""SELECT {_SUMMARY}, plot, countries, language, content_hash
                    FROM titles t JOIN details USING (id) WHERE title_id = ?""",
                [title_id],
            ).fetchone()
            if row is None:
                return None
            reviews, ratings = _reviews(database, title_id)
            enrichment = database.execute(
                "SELECT body FROM enrichments WHERE title_id = ?", [title_id]
            ).fetchone()
        plot, countries, language, content_hash = row[10:]
        return TitleDetail(
            summary=_summary(row),
            plot=plot,
            countries=_labels(countries),
            language=language,
            reviews=reviews,
            ratings=ratings,
            content_hash=content_hash,
            enrichment=json.loads(enrichment[0]) if enrichment else None,
        )

    def facets(self) -> Mapping[str, Sequence[tuple[str, int]]]:
        """Values of genres, platforms, kinds and tags with their numbers of titles, most frequent first."""
        return self._facets

    def summaries(self, title_ids: Sequence[str]) -> dict[str, TitleSummary]:
        """Those of the titles that are there, by id."""
        with self.connection() as database:
            rows = database.execute(
                f"SELECT {_SUMMARY} FROM titles t WHERE title_id IN (SELECT value FROM json_each(?))",
                [json.dumps([storable(title_id) for title_id in title_ids])],
            ).fetchall()
        return {row[0]: _summary(row) for row in rows}

    @contextmanager
    def connection(self) -> Iterator[sqlite3.Connection]:
        """A connection that nobody else uses meanwhile."""
        with self._lock:
            database = self._idle.pop() if self._idle else None
        if database is None:
            # `immutable`: SQLite takes no locks and looks for no changes, since nobody writes any more.
            uri = f"{self.file.absolute().as_uri()}?mode=ro&immutable=1"
            database = sqlite3.connect(uri, uri=True, check_same_thread=False, isolation_level=None)
            database.executescript(_READER_SETTINGS)
        try:
            yield database
        finally:
            with self._lock:
                self._idle.append(database)

    def close(self) -> None:
        """Close the connections and delete the database."""
        with self._lock:
            for database in self._idle:
                database.close()
            self._idle.clear()
        self.file.unlink(missing_ok=True)

    def _count_matching(self, query: TitleQuery) -> int:
        chosen = matching(query)
        with self.connection() as database:
            (total,) = database.execute(
                f"SELECT count(*) FROM {chosen.source} {chosen.where}", chosen.parameters
            ).fetchone()
        return total

    def _count_facets(self) -> dict[str, tuple[tuple[str, int], ...]]:
        with self.connection() as database:
            return {
                name: tuple(database.execute(f"SELECT value, n FROM ({counts}) ORDER BY n DESC, value"))
                for name, counts in _FACETS.items()
            }


def _reviews(database: sqlite3.Connection, title_id: str) -> tuple[tuple[str, ...], tuple[float, ...]]:
    texts = database.execute(
        "SELECT text FROM reviews WHERE title_id = ? ORDER BY review_id LIMIT ?", [title_id, MOST_REVIEWS]
    )
    ratings = database.execute(
        "SELECT rating FROM reviews WHERE title_id = ? AND rating IS NOT NULL ORDER BY review_id LIMIT ?",
        [title_id, MOST_RATINGS],
    )
    return tuple(text for (text,) in texts), tuple(rating for (rating,) in ratings)


def _summary(row: tuple[Any, ...]) -> TitleSummary:
    title_id, title, kind, platform, release_year, added_on, genres, score, basis, tags = row[:10]
    return TitleSummary(
        title_id=title_id,
        title=title,
        kind=kind,
        platform=platform,
        release_year=release_year,
        added_on=added_on,
        genres=_labels(genres),
        vibe_score=score,
        score_basis=basis,
        vibe_tags=_labels(tags),
    )


@lru_cache(maxsize=4096)
def _labels(text: str) -> tuple[str, ...]:
    """A JSON list of words; few differ."""
    return tuple(json.loads(text))
