"""Small files in the forms that sources read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from trending.sources.files import SourceFile, find_files
from trending.sources.mapping import Location, Mapping

Write = Callable[..., SourceFile]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes a file and returns it as a source finds it: `write("a.csv", "x,y", delimiter=";")`."""

    def writer(name: str, content: str | bytes, **location: object) -> SourceFile:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        [file] = find_files(Location.model_validate({"path": str(path), **location}), told_in="test")
        return file

    return writer


@pytest.fixture
def mapping() -> Mapping:
    """Titles with their usual columns."""
    return Mapping.model_validate(
        {
            "name": "shop",
            "columns": {"title": "title", "plot": "plot", "kind": "type", "genres": "genres"},
            "constants": {"platform": "Shop"},
            "kinds": {"Film": "movie"},
        }
    )
