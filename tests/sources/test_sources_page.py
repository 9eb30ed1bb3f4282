"""docs/sources.md: what it shows is run."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from trending.sources.mapping import Mapping, ReviewMapping
from trending.sources.registry import parse_source, source_words
from trending.sources.table import table

PAGE = Path(__file__).resolve().parents[2] / "docs" / "sources.md"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Every file that the page shows: a name in backticks, and the next block is its content."""
    files = re.findall(
        r"^`([\w.]+)`[^\n]*(?:\n[^`\n][^\n]*)*\n\n```\w+\n(.*?)^```", PAGE.read_text(), re.M | re.S
    )
    for name, content in files:
        (tmp_path / name).write_text(content)
    return tmp_path


def rows(dataset: Any) -> list[dict[str, Any]]:
    return sorted(dataset.take_all(), key=lambda row: row["row_ref"])


def test_the_nested_list_example_runs(ray_cluster: None, folder: Path) -> None:
    source = table(folder / "kino.yaml")
    lights, kites = rows(source.titles())
    assert (lights["title"], lights["kind"], lights["release_year"]) == ("Harbour Lights", "movie", "1957")
    assert lights["genres"] == ["Drama", "Thriller"]
    assert (kites["kind"], kites["platform"], kites["genres"]) == ("show", "Kino", ["Family"])
    assert [(r["text"], r["rating"], r["title"]) for r in rows(source.reviews())] == [
        ("I held my breath.", "9", "Harbour Lights"),
        ("Fog, and more fog.", "4", "Harbour Lights"),
    ]
    assert source.count() == (2, 2)


def test_the_comma_separated_example_runs_down_to_canonical_genres(ray_cluster: None, folder: Path) -> None:
    from trending.catalog.taxonomy import load_taxonomy

    ferry, brass = rows(table(folder / "stage.yaml").titles())
    assert (ferry["title"], ferry["added_on"], ferry["date_format"]) == (
        "Night Ferry",
        "03/09/2020",
        "%d/%m/%Y",
    )
    assert ferry["vocabulary"] == str(folder / "stage_genres.yaml")
    taxonomy = load_taxonomy()
    genres = []
    for row in (ferry, brass):
        labels = [label for cell in row["genres"] for label in taxonomy.split_labels(cell, row["vocabulary"])]
        mapped = taxonomy.canonical(row["vocabulary"], labels)
        assert mapped.unmapped == ()
        genres.append(mapped.genres)
    assert genres == [("Crime & Mystery", "Music"), ("Music",)]


def test_the_command_of_the_page_names_a_source(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    [word] = re.findall(r"^trending ingest --source (\S+)$", PAGE.read_text(), re.M)
    monkeypatch.chdir(folder)
    assert parse_source(word).name == "kino"


def test_every_key_and_every_word_is_on_the_page() -> None:
    page = PAGE.read_text()
    keys = [*Mapping.model_fields, *(f"reviews.{key}" for key in ("column", "columns", "path", "sentiments"))]
    keys.remove("reviews")
    assert [key for key in keys if f"| `{key}` |" not in page] == []
    assert set(ReviewMapping.model_fields) <= set(re.findall(r"\w+", page))
    assert [word for word in source_words() if f"`{word}`" not in page] == []
