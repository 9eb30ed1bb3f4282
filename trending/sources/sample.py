"""The catalogue that ships with the package: real works, plots and reviews written for this project."""

from __future__ import annotations

from importlib.resources import as_file, files

from trending.sources.mapping import Mapping, ReviewColumns, ReviewMapping, TitleColumns
from trending.sources.table import TableSource


def sample() -> TableSource:
    """The source `sample`: titles with canonical genres, and their reviews."""
    with as_file(files("trending.sources") / "sample_catalogue") as folder:
        return TableSource(_mapping(str(folder)), told_in="the sample catalogue")


def _mapping(folder: str) -> Mapping:
    return Mapping(
        name="sample",
        path=folder,
        format="json-lines",
        vocabulary="canonical",
        columns=TitleColumns(
            title="title",
            plot="plot",
            kind="kind",
            platform="platform",
            release_year="year",
            countries="country",
            genres="genres",
        ),
        reviews=ReviewMapping(column="reviews", columns=ReviewColumns(text="text", rating="rating")),
    )
