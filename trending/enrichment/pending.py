"""Which titles of a snapshot are to be enriched: new ones, and those of which something has changed since."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from trending.catalog.tables import Tables
from trending.enrichment.schema import EnrichmentInput
from trending.enrichment.table import content_hash, read_enrichments
from trending.settings import Settings


@dataclass(frozen=True)
class Pending:
    """The titles to enrich, the newest additions first, and how many titles there are."""

    titles: list[EnrichmentInput]
    total: int
    """Titles of the snapshot."""
    fresh: int
    """Those of them whose enrichment is still right."""


def find_pending(
    settings: Settings, snapshot_id: int, recipe: str, *, limit: int | None, everything: bool
) -> Pending:
    """Titles without an enrichment of their content by this recipe; with `everything` all titles.

    `limit`: so many of them at the most.
    """
    titles = read_titles(settings, snapshot_id)
    done = read_enrichments(settings, ["title_id", "content_hash", "recipe"]).to_pylist()
    known = {row["title_id"]: (row["content_hash"], row["recipe"]) for row in done}
    stale = [t for t in titles if known.get(t.title_id or "") != (content_hash(t), recipe)]
    return Pending((titles if everything else stale)[:limit], len(titles), len(titles) - len(stale))


def read_titles(settings: Settings, snapshot_id: int) -> list[EnrichmentInput]:
    """All titles of a snapshot with their reviews in the order of their ids, the newest additions first."""
    tables = Tables(settings)
    columns = ["title_id", "title", "plot", "release_year", "added_on"]
    rows = tables.read_arrow("titles", snapshot_id, columns=columns).to_pylist()
    reviews = _reviews(tables, snapshot_id)
    rows.sort(key=lambda row: row["title_id"])
    rows.sort(key=lambda row: row["added_on"].toordinal() if row["added_on"] else 0, reverse=True)
    return [
        EnrichmentInput(
            title=row["title"],
            plot=row["plot"],
            reviews=tuple(text for text, _ in reviews[row["title_id"]]),
            ratings=tuple(rating for _, rating in reviews[row["title_id"]] if rating is not None),
            title_id=row["title_id"],
            release_year=row["release_year"],
        )
        for row in rows
    ]


def _reviews(tables: Tables, snapshot_id: int) -> dict[str, list[tuple[str, float | None]]]:
    found: dict[str, list[tuple[str, float | None]]] = defaultdict(list)
    columns = ["review_id", "title_id", "text", "rating"]
    rows = tables.read_arrow(
        "reviews", snapshot_id, columns=columns, where="title_id is not null"
    ).to_pylist()
    for row in sorted(rows, key=lambda row: row["review_id"]):
        found[row["title_id"]].append((row["text"], row["rating"]))
    return found
