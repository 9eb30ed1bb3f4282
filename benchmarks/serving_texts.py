"""The same titles for every server: request bodies, and the documents that they become."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.serving_load import NUMBER
from trending.catalog.text import clean_plot, clean_review
from trending.features.document import make_document
from trending.settings import Settings

TITLES = 2000


@dataclass(frozen=True)
class Texts:
    """Titles in a fixed random order."""

    titles: list[dict[str, str]]

    def bodies(self, size: int) -> list[str]:
        """Request bodies of `size` titles each. Every title ends in a number, so that none is asked twice."""
        numbered = [
            {"title": f"{one['title']} {NUMBER}-{row}", "plot": one["plot"]}
            for row, one in enumerate(self.titles)
        ]
        starts = range(0, len(numbered) - size + 1, size)
        return [json.dumps({"titles": numbered[start : start + size]}) for start in starts]

    def documents(self, max_reviews: int = 0) -> list[str]:
        """What a model sees of them."""
        asked = [
            title for body in self.bodies(1) for title in json.loads(body.replace(NUMBER, "7"))["titles"]
        ]
        return [document_of(title, max_reviews) for title in asked]


def document_of(title: Mapping[str, Any], max_reviews: int) -> str:
    """The document of one title of a request body, cleaned as in training."""
    reviews: Sequence[str] = title.get("reviews", ())
    cleaned = [clean_review(review)[0] for review in reviews]
    return make_document(
        clean_plot(title["title"]), clean_plot(title["plot"]), cleaned, max_reviews=max_reviews
    )


def load_texts(settings: Settings, folder: Path | None, *, titles: int = TITLES) -> Texts:
    """Titles of the catalogues in `folder`, ingested for the purpose; or else those of the home."""
    if folder is None:
        return read_texts(settings, titles)
    from trending.catalog.ingest import ingest
    from trending.sources.registry import catalogues_in

    with tempfile.TemporaryDirectory() as scratch:
        apart = Settings(home=Path(scratch))
        ingest(catalogues_in(folder), apart)
        return read_texts(apart, titles)


def read_texts(settings: Settings, titles: int) -> Texts:
    """Titles of the newest snapshot, the same ones each time."""
    import random

    from trending.catalog.tables import Tables

    rows = Tables(settings).read_arrow("titles", columns=["title_id", "title", "plot"]).to_pylist()
    rows.sort(key=lambda row: row["title_id"])
    random.Random(7).shuffle(rows)
    return Texts([{"title": row["title"], "plot": row["plot"]} for row in rows[:titles]])
