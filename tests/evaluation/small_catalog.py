"""A few titles in real tables, written without Ray."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from tests.catalog.rows import reviews, titles
from trending.catalog.schema import REVIEWS, TITLES
from trending.catalog.snapshots import resolve_snapshot
from trending.catalog.tables import PROPERTY_PREFIX, Tables
from trending.features.documents import load_documents
from trending.models.bundle import Bundle, save_bundle
from trending.models.linear import LinearModel
from trending.models.thresholds import tune_thresholds
from trending.settings import Settings

FILLERS = ["a", "man", "and", "his", "friend", "travel", "to", "town"]


def commit(settings: Settings, *groups: pa.Table, reviewed: tuple[str, ...] = ()) -> int:
    """The titles as one snapshot, with a review of each id in `reviewed`; returns the snapshot's id."""
    tables = Tables(settings)
    written = pa.concat_tables([reviews("of no title"), *(reviews(f"of {i}", title_id=i) for i in reviewed)])
    tables.table("reviews").append(written.cast(REVIEWS))
    properties = {PROPERTY_PREFIX + name: found for name, found in tables.heads().items()}
    tables.table("titles").append(pa.concat_tables(groups).cast(TITLES), snapshot_properties=properties)
    found = tables.latest()
    assert found is not None
    return found


def some(count: int, start: str, **fields: Any) -> pa.Table:
    """`count` test titles with these fields."""
    names = [f"{start} {number}" for number in range(count)]
    return titles(*names, **({"split": "test"} | fields))


WORDS = {
    "Netflix": {"Comedy": "laughter jokes wedding", "Horror": "blood ghost cellar"},
    "Amazon": {"Comedy": "gags prank slapstick", "Horror": "curse demon grave"},
}
"""How two platforms tell of the same two genres: in words of their own."""


def two_platforms(settings: Settings, *, titles_each: int = 60) -> int:
    """`titles_each` titles of each genre and platform, a quarter of them validation and a quarter test; returns the
    snapshot's id. Netflix's were added years before Amazon's."""
    generator = np.random.default_rng(0)
    groups = []
    for platform, genres in WORDS.items():
        for genre, words in genres.items():
            for number in range(titles_each):
                name = f"title {len(groups)}"
                told = " ".join(generator.permutation([*words.split(), *FILLERS]))
                groups.append(
                    titles(
                        name,
                        plot=told,
                        genres=[genre],
                        platform=platform,
                        split=("train", "validation", "test", "train")[number % 4],
                        added_on=date(2010 if platform == "Netflix" else 2020, 1, 1 + number % 28),
                        release_year=1970 + number % 40,
                        kind="movie" if number % 3 else "show",
                    )
                )
    return commit(settings, *groups)


def save_linear(settings: Settings, folder: Path, *, max_reviews: int = 2) -> Bundle:
    """A linear model of the training titles of the latest snapshot, as a bundle that is not registered."""
    documents = load_documents(settings, resolve_snapshot(settings))
    train, validation = documents.subset("train"), documents.subset("validation")
    model = LinearModel.fit(train.documents, train.labels, train.genres, settings=settings.train.linear)
    return save_bundle(
        model,
        folder,
        thresholds=tune_thresholds(validation.labels, model.predict_proba(validation.documents)),
        snapshot_id=documents.snapshot_id,
        max_reviews=max_reviews,
    )
