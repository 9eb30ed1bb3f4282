"""A home with few titles and a classifier that needs no training, and the job on it in a process of its own."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from tests.enrichment.batch_engines import StoppingOpener
from tests.serve_app.titles.shelves import review, shelve, title
from trending.catalog.taxonomy import load_taxonomy
from trending.settings import EnrichmentSettings, Settings

PRAISE, BLAME = "A wonderful film, superb acting.", "Dull and terrible, a waste of time."
TITLES_PER_BLOCK = 2


def small_settings(home: Path, **enrichment: Any) -> Settings:
    """Blocks of two titles, and one call of the language model a title."""
    limits = EnrichmentSettings(titles_per_block=TITLES_PER_BLOCK, retries=0, **enrichment)
    return Settings(home=home, enrichment=limits)


def fill(settings: Settings, names: str, *, praised: str = "", blamed: str = "") -> None:
    """A version of the data with a title for each letter of `names`, and reviews of some."""
    shelve(
        settings,
        [title(name) for name in names],
        [review(name, f"{PRAISE} {name}", rating=9.0) for name in praised]
        + [review(name, f"{BLAME} {name}", rating=2.0) for name in blamed],
    )


def classifier(folder: Path) -> str:
    """A bundle that gives each title what is frequent; returns its folder."""
    from trending.models.bundle import save_bundle
    from trending.models.prior import PriorModel

    if not folder.exists():
        genres = load_taxonomy().genres
        shares = [0.6 if genre == "Drama" else 0.1 for genre in genres]
        save_bundle(
            PriorModel(genres, shares), folder, thresholds=[0.5] * len(genres), snapshot_id=1, max_reviews=2
        )
    return str(folder)


def main(home: Path, calls: int, stopped: Path) -> None:
    """Enrich all titles with an engine that stops after `calls`; each committed block is told in a line."""
    from trending.enrichment.batch import enrich_titles

    def report(message: str, /, done: int | None = None, total: int | None = None) -> None:
        sys.stdout.write(json.dumps({"message": message, "done": done}) + "\n")
        sys.stdout.flush()

    enrich_titles(
        small_settings(home),
        model=classifier(home / "prior"),
        open_engine=StoppingOpener(calls, stopped),
        report=report,
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]))
