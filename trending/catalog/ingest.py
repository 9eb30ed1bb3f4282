"""From sources to a new version of the data: clean, account, merge, check, commit what changed."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from trending.catalog.accounting import Account, balance, label_counts, leakage
from trending.catalog.cleaning import ray_clean_reviews, ray_clean_titles
from trending.catalog.commit import commit, find_changes, only_writer
from trending.catalog.dispositions import (
    EXISTING_REVIEWS,
    EXISTING_TITLES,
    Dispositions,
    decide_reviews,
    decide_titles,
)
from trending.catalog.ingest_result import IngestResult
from trending.catalog.inspection import inspect, keep
from trending.catalog.staging import Staged, stage_reviews, stage_titles, staging_folder, union
from trending.catalog.tables import Tables
from trending.errors import SourceError
from trending.progress import Report, silent
from trending.ray_session import ray_session
from trending.settings import Settings
from trending.sources.base import Source

__all__ = ["IngestResult", "ingest"]

Counts = Mapping[str, tuple[int, int]]
"""Rows of titles and of reviews in each source, counted apart from the reading."""


def ingest(sources: Sequence[Source], settings: Settings, *, report: Report = silent) -> IngestResult:
    """Bring the sources into the tables; the same sources again change nothing.

    Raises `SourceError` for a file that cannot be read, `AccountingError` for a lost row, `QualityError` for
    a failed check of severity `error`, `BusyError` while another ingest runs; then nothing was committed.
    """
    _assert_names_differ(sources)
    with ray_session(settings), only_writer(settings), staging_folder(settings) as folder:
        return _run(sources, settings, folder, _Stages(report))


def _run(sources: Sequence[Source], settings: Settings, folder: Path, stages: _Stages) -> IngestResult:
    tables = Tables(settings)
    tables.roll_back_unfinished()
    previous = tables.latest()

    with stages.stage("count", "Counting the rows of the sources"):
        counts = {source.name: source.count() for source in sources}
    with stages.stage("clean", "Cleaning titles and reviews"):
        staged_titles, staged_reviews = _clean(sources, settings, folder, counts, stages.report)
    with stages.stage("duplicates", "Finding duplicates"):
        existing = tables.read_arrow("titles", columns=EXISTING_TITLES)
        titles, merged = decide_titles(
            staged_titles, existing, similarity=settings.ingest.near_duplicate_similarity
        )
        reviews = _decide_reviews(tables, staged_reviews, titles, existing["title_id"], merged)
        accounts = _balance(titles, reviews, counts)
    with stages.stage("check", "Profiling and checking"):
        inspection = inspect(tables, titles, existing["title_id"], settings=settings, previous=previous)
    with stages.stage("commit", "Writing what changed"):
        changes = find_changes(tables, titles, reviews)
        snapshot_id = commit(
            tables,
            changes,
            titles=staged_titles,
            reviews=staged_reviews,
            merged_titles=merged,
            properties=_properties(sources, accounts, changes.total),
        )
    accepted = pc.is_in(staged_titles.light["staged_id"], pa.array(titles.accepted))
    result = IngestResult(
        sources=list(counts),
        titles=accounts[0],
        reviews=accounts[1],
        changes=changes,
        unmapped_labels=label_counts(staged_titles.light, "unmapped"),
        not_genres=label_counts(staged_titles.light, "not_genres"),
        warnings=_warnings(staged_titles, staged_reviews),
        quarantine_reasons=_quarantine_reasons(titles, reviews),
        leakage=leakage(staged_titles.light.filter(accepted)),
        checks=inspection.checks if inspection else None,
        snapshot_id=snapshot_id,
        card=None,
        stage_seconds=stages.seconds,
    )
    if inspection is None or snapshot_id is None:
        return result
    with stages.stage("card", "Writing the data card"):
        card = keep(tables, snapshot_id, inspection, summary=result.as_json(), settings=settings)
    return replace(result, card=card.html)


class _Stages:
    """Says which stage begins, and remembers how long each took."""

    def __init__(self, report: Report) -> None:
        self.report = report
        self.seconds: dict[str, float] = {}

    @contextmanager
    def stage(self, name: str, message: str) -> Iterator[None]:
        self.report(message)
        began = time.perf_counter()
        yield
        self.seconds[name] = round(time.perf_counter() - began, 2)


def _clean(
    sources: Sequence[Source], settings: Settings, folder: Path, counts: Counts, report: Report
) -> tuple[Staged, Staged]:
    titles = union([source.titles() for source in sources])
    reviews = union([source.reviews() for source in sources])
    rows = [sum(count[kind] for count in counts.values()) for kind in (0, 1)]
    return (
        stage_titles(titles and ray_clean_titles(titles, settings), folder, report=report, expected=rows[0]),
        stage_reviews(
            reviews and ray_clean_reviews(reviews, settings), folder, report=report, expected=rows[1]
        ),
    )


def _decide_reviews(
    tables: Tables,
    staged: Staged,
    titles: Dispositions,
    existing_titles: pa.ChunkedArray,
    merged: Mapping[str, str],
) -> Dispositions:
    known = pa.chunked_array([*existing_titles.cast(pa.string()).chunks, titles.keys], pa.string())
    existing = tables.read_arrow("reviews", columns=EXISTING_REVIEWS)
    return decide_reviews(staged, existing, titles=known.combine_chunks(), merged_titles=merged)


def _balance(titles: Dispositions, reviews: Dispositions, counts: Counts) -> tuple[Account, Account]:
    return (
        balance(titles, {name: count[0] for name, count in counts.items()}),
        balance(reviews, {name: count[1] for name, count in counts.items()}),
    )


def _properties(sources: Sequence[Source], accounts: tuple[Account, Account], changed: int) -> dict[str, str]:
    """What the log of versions tells about this ingest."""
    figures = {
        f"{table}.{k}": v
        for table, a in zip(("titles", "reviews"), accounts, strict=True)
        for k, v in a.as_json().items()
    }
    files = json.dumps([asdict(file) for source in sources for file in source.files()], ensure_ascii=False)
    return {"sources": " ".join(s.name for s in sources), "files": files, "changed": str(changed)} | {
        name: str(value) for name, value in figures.items()
    }


def _warnings(*staged: Staged) -> dict[str, int]:
    counted: Counter[str] = Counter()
    for rows in staged:
        counted.update(label_counts(rows.light, "warnings"))
    return dict(counted.most_common())


def _quarantine_reasons(*decided: Dispositions) -> dict[str, int]:
    counted: Counter[str] = Counter()
    for rows in decided:
        refused = rows.entries.filter(pc.equal(rows.entries["disposition"], "quarantined"))
        counted.update(refused["reason"].to_pylist())
    return dict(counted.most_common())


def _assert_names_differ(sources: Sequence[Source]) -> None:
    names = [source.name for source in sources]
    for name in names:
        if names.count(name) > 1:
            raise SourceError(
                name, "two sources of one ingest have this name", "Give one of them another `name`."
            )
