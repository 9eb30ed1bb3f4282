"""From a snapshot of the tables to an SQLite database that answers in milliseconds. Rows stream through."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from serve_app.titles.plain import plain_rows
from serve_app.titles.trend import NEUTRAL_SCORE, newest_day, trend
from trending.catalog.tables import Tables
from trending.catalog.text import words_of
from trending.enrichment.table import TABLE as ENRICHMENTS
from trending.errors import SnapshotError

NOTHING = "0"
"""In a snapshot id: a table without a snapshot."""

_SCHEMA = """
CREATE TABLE staged (
    title_id TEXT PRIMARY KEY, title_key TEXT, title TEXT, sort_title TEXT, kind TEXT, platform TEXT,
    release_year INTEGER, added_on TEXT, newest INTEGER, genres TEXT, vibe_score REAL, score_basis TEXT,
    vibe_tags TEXT, reviews INTEGER, countries TEXT, plot TEXT, language TEXT, content_hash TEXT);
CREATE TABLE reviews (title_id TEXT, review_id TEXT, text TEXT, rating REAL);
CREATE TABLE enrichments (title_id TEXT PRIMARY KEY, body TEXT);
"""
_FINAL = """
CREATE TABLE titles (
    id INTEGER PRIMARY KEY, title_id TEXT UNIQUE, title_key TEXT, title TEXT, kind TEXT COLLATE NOCASE,
    platform TEXT COLLATE NOCASE, release_year INTEGER, added_on TEXT, newest INTEGER, genres TEXT,
    vibe_score REAL, score_basis TEXT, vibe_tags TEXT, reviews INTEGER, place INTEGER);
CREATE TABLE details (id INTEGER PRIMARY KEY, plot TEXT, countries TEXT, language TEXT, content_hash TEXT);
CREATE TABLE title_genres (value TEXT COLLATE NOCASE, id INTEGER, PRIMARY KEY (value, id)) WITHOUT ROWID;
CREATE TABLE title_tags (value TEXT COLLATE NOCASE, id INTEGER, PRIMARY KEY (value, id)) WITHOUT ROWID;
CREATE VIRTUAL TABLE words USING fts5(title, plot, tags, content='', prefix='1 2 3');

INSERT INTO titles
SELECT row_number() OVER (ORDER BY sort_title, title_id), title_id, title_key, title, kind, platform, release_year,
    added_on, newest, genres, vibe_score, score_basis, vibe_tags, reviews, NULL FROM staged;
INSERT INTO details
SELECT id, plot, countries, language, content_hash FROM titles JOIN staged USING (title_id) ORDER BY id;
INSERT OR IGNORE INTO title_genres SELECT labels.value, titles.id FROM titles, json_each(genres) AS labels;
INSERT OR IGNORE INTO title_tags SELECT labels.value, titles.id FROM titles, json_each(vibe_tags) AS labels;
INSERT INTO words (rowid, title, plot, tags)
SELECT id, words_of(title), words_of(plot), words_of(vibe_tags) FROM titles JOIN details USING (id) ORDER BY id;
DROP TABLE staged;
"""
"""Titles are numbered by name: the number breaks ties in every order. What lists do not show is kept apart, so
that filters read narrow rows."""
_INDEXES = """
CREATE INDEX by_newest ON titles (newest DESC, id);
CREATE INDEX by_score ON titles (vibe_score DESC, id);
CREATE INDEX by_place ON titles (place) WHERE place IS NOT NULL;
INSERT INTO words (words) VALUES ('optimize');
ANALYZE;
"""
_TITLE_COLUMNS = (
    *("title_id", "title_key", "kind", "platform", "title", "release_year", "added_on", "countries"),
    *("plot", "language", "genres", "content_hash"),
)
_STAGE = f"INSERT OR IGNORE INTO staged VALUES ({', '.join('?' * 18)})"


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
        database.create_function("words_of", 1, words_of, deterministic=True)
        # What a crash leaves behind is thrown away anyway: nothing is synchronised.
        database.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;" + _SCHEMA + "BEGIN;")
        _stage_enrichments(database, tables, versions)
        _stage_reviews(database, tables, versions)
        _stage_titles(database, tables, versions)
        database.execute("COMMIT")
        database.executescript(f"BEGIN; {_FINAL} COMMIT;")
        _rank(database)
        database.executescript(_INDEXES)
    finally:
        database.close()


def _stage_enrichments(database: sqlite3.Connection, tables: Tables, versions: Versions) -> None:
    if versions.enrichments is None:
        return
    for rows in plain_rows(tables.table(ENRICHMENTS), versions.enrichments):
        database.executemany(
            "INSERT OR REPLACE INTO enrichments VALUES (?, ?)",
            [(row["title_id"], json.dumps(row)) for row in rows if row["title_id"]],
        )


def _stage_reviews(database: sqlite3.Connection, tables: Tables, versions: Versions) -> None:
    snapshot_id = tables.belonging("reviews", versions.titles)
    columns = ("title_id", "review_id", "text", "rating")
    for rows in plain_rows(tables.table("reviews"), snapshot_id, columns):
        database.executemany(
            "INSERT INTO reviews VALUES (:title_id, :review_id, :text, :rating)",
            [row for row in rows if row["title_id"]],
        )
    database.execute("CREATE INDEX reviews_of ON reviews (title_id, review_id)")


def _stage_titles(database: sqlite3.Connection, tables: Tables, versions: Versions) -> None:
    for rows in plain_rows(tables.table("titles"), versions.titles, _TITLE_COLUMNS):
        title_ids = [row["title_id"] for row in rows]
        enrichments, ratings = _enrichments(database, title_ids), _ratings(database, title_ids)
        staged = [
            _staged(row, enrichments.get(row["title_id"], {}), *ratings.get(row["title_id"], (0, None)))
            for row in rows
        ]
        database.executemany(_STAGE, staged)


def _staged(
    row: dict[str, Any], enrichment: dict[str, Any], reviews: int, rating: float | None
) -> tuple[Any, ...]:
    score, basis = _score(enrichment, rating)
    return (
        *(row["title_id"], row["title_key"], row["title"], words_of(row["title"]) or row["title"].casefold()),
        *(row["kind"], row["platform"], row["release_year"], row["added_on"]),
        newest_day(row["added_on"], row["release_year"]),
        *(json.dumps(row["genres"] or enrichment.get("genres") or []), score, basis),
        *(json.dumps(enrichment.get("vibe_tags") or [], ensure_ascii=False), reviews),
        *(json.dumps(row["countries"] or []), row["plot"], row["language"], row["content_hash"]),
    )


def _score(enrichment: dict[str, Any], rating: float | None) -> tuple[float | None, str]:
    """The enrichment's score; without one the mean of the ratings; and what it stands on."""
    if enrichment.get("vibe_score") is not None:
        return float(enrichment["vibe_score"]), str(enrichment.get("score_basis") or "none")
    return (round(rating, 1), "ratings") if rating is not None else (None, "none")


def _rank(database: sqlite3.Connection) -> None:
    """The place of each work by its trend, that of the copy that ranks highest."""
    mean, today = database.execute("SELECT avg(vibe_score), max(newest) FROM titles").fetchone()
    mean = mean if mean is not None else NEUTRAL_SCORE

    def of_title(score: float | None, reviews: int, newest: int | None) -> float:
        return trend(score, reviews, today - newest if newest is not None else None, mean=mean)

    database.create_function("trend_of", 3, of_title, deterministic=True)
    best = database.execute(
        """WITH trends AS (
               SELECT id, title_key, trend_of(vibe_score, reviews, newest) AS trend FROM titles),
           copies AS (
               SELECT id, trend, row_number() OVER (PARTITION BY title_key ORDER BY trend DESC, id) AS copy
               FROM trends)
           SELECT id FROM copies WHERE copy = 1 ORDER BY trend DESC, id"""
    ).fetchall()
    with database:
        database.execute("BEGIN")
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
