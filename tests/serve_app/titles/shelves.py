"""Tables with few titles, written without Ray."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import pyarrow as pa

from trending.catalog.schema import REVIEWS, TITLES
from trending.catalog.tables import PROPERTY_PREFIX, Tables
from trending.enrichment.table import ENRICHMENTS, TABLE
from trending.settings import Settings


def title(name: str, **fields: Any) -> dict[str, Any]:
    """A row of `catalog.titles` called `name`, with the id `id-NAME`."""
    return {
        "title_id": f"id-{name}",
        "title_key": f"{name} (1999)",
        "kind": "movie",
        "platform": "Netflix",
        "title": name,
        "release_year": 1999,
        "added_on": date(2020, 1, 2),
        "countries": ["Norway"],
        "plot": f"The plot of {name}.",
        "language": "en",
        "genres": ["Drama"],
        "source_genres": ["Dramas"],
        "source": "films",
        "leaked": False,
        "content_hash": f"hash of {name}",
        "minhash": b"\x00\x01",
        "split": "train",
        "row_hash": name,
    } | fields


def review(name: str, text: str, **fields: Any) -> dict[str, Any]:
    """A row of `catalog.reviews` about the title called `name`."""
    about = {"review_id": f"id-{text}", "title_id": f"id-{name}", "source": "films", "text": text}
    return about | {"row_hash": text} | fields


def enrichment(name: str, **fields: Any) -> dict[str, Any]:
    """A row of `catalog.enrichments` of the title called `name`."""
    return {
        "title_id": f"id-{name}",
        "title": name,
        "content_hash": f"hash of {name} as it was enriched",
        "recipe": "recipe",
        "snapshot_id": 2**62,
        "summary": f"About {name}.",
        "score_basis": "sentiment",
    } | fields


def shelve(
    settings: Settings, titles: Sequence[dict[str, Any]], reviews: Sequence[dict[str, Any]] = ()
) -> Tables:
    """A new version of the data with these titles and reviews alone."""
    tables = Tables(settings)
    if reviews:
        tables.table("reviews").overwrite(pa.Table.from_pylist(list(reviews), schema=REVIEWS))
    heads = {PROPERTY_PREFIX + table: snapshot for table, snapshot in tables.heads().items()}
    tables.table("titles").overwrite(
        pa.Table.from_pylist(list(titles), schema=TITLES), snapshot_properties=heads
    )
    return tables


def enrich(settings: Settings, *rows: dict[str, Any]) -> None:
    """More rows of `catalog.enrichments`."""
    tables = Tables(settings)
    tables.ensure(TABLE, ENRICHMENTS)
    tables.table(TABLE).append(pa.Table.from_pylist(list(rows), schema=ENRICHMENTS))
