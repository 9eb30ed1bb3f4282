"""From a snapshot of the tables to an SQLite database that answers in milliseconds. Rows stream through."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

from serve_app.titles.plain import plain_rows
from serve_app.titles.trend import NEUTRAL_SCORE, newest_day, trend
from trending.catalog.tables import Tables
from trending.catalog.text import words_of
from trending.errors import SnapshotError

ENRICHMENTS = "catalog.enrichments"
NOTHING = "0"
"""In a snapshot id: a table without a snapshot."""

_SCHEMA = """
CREATE TABLE titles (
    id INTEGER PRIMARY KEY, title_id TEXT UNIQUE, title_key TEXT, title TEXT, sort_title TEXT,
    kind TEXT COLLATE NOCASE, platform TEXT COLLATE NOCASE, release_year INTEGER, added_on TEXT, newest INTEGER,
    countries TEXT, plot TEXT, language TEXT, content_hash TEXT, genres TEXT,
    vibe_score REAL, score_basis TEXT, vibe_tags TEXT, reviews INTEGER, trend REAL, place INTEGER);
CREATE TABLE title_genres (value TEXT COLLATE NOCASE, id INTEGER, PRIMARY KEY (value, id)) WITHOUT ROWID;
CREATE TABLE title_tags (value TEXT COLLATE NOCASE, id INTEGER, PRIMARY KEY (value, id)) WITHOUT ROWID;
CREATE TABLE reviews (title_id TEXT, review_id TEXT, text TEXT, rating REAL);
CREATE TABLE enrichments (title_id TEXT PRIMARY KEY, body TEXT);
CREATE VIRTUAL TABLE words USING fts5(title, plot, tags, content='', prefix='2 3');
"""
_INDEXES = """
CREATE INDEX by_newest ON titles (newest DESC, sort_title, title_id);
CREATE INDEX by_title ON titles (sort_title, title_id);
CREATE INDEX by_score ON titles (vibe_score DESC, sort_title, title_id);
CREATE INDEX by_place ON titles (place) WHERE place IS NOT NULL;
CREATE INDEX by_platform ON titles (platform);
CREATE INDEX by_kind ON titles (kind);
INSERT INTO words (words) VALUES ('optimize');
ANALYZE;
"""
_TITLE_COLUMNS = (
    *("title_id", "title_key", "kind", "platform", "title", "release_year", "added_on", "countries"),
    *("plot", "language", "genres", "content_hash"),
)
_INSERT = f"INSERT OR IGNORE INTO titles VALUES ({', '.join('?' * 21)})"


@dataclass(frozen=True)
class Versions:
    """The snapshots that an index is of."""

    titles: int | None
    enrichments: int | None

    @property
    def snapshot_id(self) -> str:
        """Both as one word, `TITLES-ENRICHMENTS`; 0 stands for a table without rows."""
        return f"{self.titles or NOTHING}-{self.enrichments or NOTHING}"


def current_versions(tables: Tables) -> Versions:
    """What a new index would be of. Cheap: reads metadata alone."""
    try:
        enrichments = tables.belonging(ENRICHMENTS)
    except SnapshotError:  # no title was enriched yet
        enrichments = None
    return Versions(titles=tables.latest(), enrichments=enrichments)


def build_index(tables: Tables, versions: Versions, file: Path) -> None:
    """Write the index of these snapshots into a new SQLite database."""
    database = sqlite3.connect(file, isolation_level=None)
    try:
        # What a crash leaves behind is thrown away anyway: nothing is synchronised.
        database.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;" + _SCHEMA + "BEGIN;")
        _add_enrichments(database, tables, versions)
        _add_reviews(database, tables, versions)
        _add_titles(database, tables, versions)
        _rank(database)
        database.execute("COMMIT")
        database.executescript(_INDEXES)
    finally:
        database.close()


def _add_enrichments(database: sqlite3.Connection, tables: Tables, versions: Versions) -> None:
    if versions.enrichments is None:
        return
    for rows in plain_rows(tables.table(ENRICHMENTS), versions.enrichments):
        database.executemany(
            "INSERT OR REPLACE INTO enrichments VALUES (?, ?)",
            [(row["title_id"], json.dumps(row)) for row in rows if row["title_id"]],
        )


def _add_reviews(database: sqlite3.Connection, tables: Tables, versions: Versions) -> None:
    snapshot_id = tables.belonging("reviews", versions.titles)
    columns = ("title_id", "review_id", "text", "rating")
    for rows in plain_rows(tables.table("reviews"), snapshot_id, columns):
        database.executemany(
            "INSERT INTO reviews VALUES (:title_id, :review_id, :text, :rating)",
            [row for row in rows if row["title_id"]],
        )
    database.execute("CREATE INDEX reviews_of ON reviews (title_id, review_id)")


def _add_titles(database: sqlite3.Connection, tables: Tables, versions: Versions) -> None:
    numbers = count(1)
    for rows in plain_rows(tables.table("titles"), versions.titles, _TITLE_COLUMNS):
        title_ids = [row["title_id"] for row in rows]
        enrichments, ratings = _enrichments(database, title_ids), _ratings(database, title_ids)
        for row in rows:
            enrichment = enrichments.get(row["title_id"], {})
            reviews, rating = ratings.get(row["title_id"], (0, None))
            _add_title(database, next(numbers), row, enrichment, reviews, rating)


def _add_title(
    database: sqlite3.Connection,
    number: int,
    row: dict[str, Any],
    enrichment: dict[str, Any],
    reviews: int,
    rating: float | None,
) -> None:
    genres = row["genres"] or enrichment.get("genres") or []
    tags = enrichment.get("vibe_tags") or []
    score, basis = _score(enrichment, rating)
    newest = newest_day(row["added_on"], row["release_year"])
    values = (
        *(number, row["title_id"], row["title_key"], row["title"]),
        *(words_of(row["title"]) or row["title"].casefold(), row["kind"], row["platform"]),
        *(row["release_year"], row["added_on"], newest),
        *(json.dumps(row["countries"] or []), row["plot"], row["language"], row["content_hash"]),
        *(json.dumps(genres), score, basis, json.dumps(tags), reviews, None, None),
    )
    if not database.execute(_INSERT, values).rowcount:
        return  # the title is there already
    for table, labels in (("title_genres", genres), ("title_tags", tags)):
        database.executemany(f"INSERT OR IGNORE INTO {table} VALUES (?, ?)", [(v, number) for v in labels])
    database.execute(
        "INSERT INTO words (rowid, title, plot, tags) VALUES (?, ?, ?, ?)",
        (number, words_of(row["title"]), words_of(row["plot"]), words_of(" ".join(tags))),
    )


def _score(enrichment: dict[str, Any], rating: float | None) -> tuple[float | None, str]:
    """The enrichment's score; without one the mean of the ratings; and what it stands on."""
    if enrichment.get("vibe_score") is not None:
        return float(enrichment["vibe_score"]), str(enrichment.get("score_basis") or "none")
    return (round(rating, 1), "ratings") if rating is not None else (None, "none")


def _rank(database: sqlite3.Connection) -> None:
    """The trend of each title, and its place among the works: the best copy of each."""
    mean, today = database.execute("SELECT avg(vibe_score), max(newest) FROM titles").fetchone()
    mean = mean if mean is not None else NEUTRAL_SCORE

    def of_title(score: float | None, reviews: int, newest: int | None) -> float:
        return trend(score, reviews, today - newest if newest is not None else None, mean=mean)

    database.create_function("trend_of", 3, of_title, deterministic=True)
    database.execute("UPDATE titles SET trend = trend_of(vibe_score, reviews, newest)")
    best = database.execute(
        """SELECT id FROM (SELECT id, trend, sort_title, title_id, row_number() OVER (
               PARTITION BY title_key ORDER BY trend DESC, title_id) AS copy FROM titles)
           WHERE copy = 1 ORDER BY trend DESC, sort_title, title_id"""
    ).fetchall()
    places = [(place, number) for place, (number,) in enumerate(best)]
    database.executemany("UPDATE titles SET place = ? WHERE id = ?", places)


def _enrichments(database: sqlite3.Connection, title_ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    found = database.execute(
        "SELECT title_id, body FROM enrichments WHERE title_id IN (SELECT value FROM json_each(?))",
        [json.dumps(title_ids)],
    )
    return {title_id: json.loads(body) for title_id, body in found}


def _ratings(database: sqlite3.Connection, title_ids: Sequence[str]) -> dict[str, tuple[int, float | None]]:
    """Number of reviews and mean rating, of the titles that have reviews."""
    found = database.execute(
        """SELECT title_id, count(*), avg(rating) FROM reviews
           WHERE title_id IN (SELECT value FROM json_each(?)) GROUP BY title_id""",
        [json.dumps(title_ids)],
    )
    return {title_id: (count, mean) for title_id, count, mean in found}
