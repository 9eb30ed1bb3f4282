"""Catalogues of streaming services whose mappings ship with the package, one YAML a service."""

from __future__ import annotations

from pathlib import Path

from trending.errors import SourceError
from trending.sources.mapping import load_mapping
from trending.sources.table import TableSource, at

_MAPPINGS = Path(__file__).parent / "mappings"

_KNOWN_FILES = {"netflix_titles.csv": "netflix", "amazon_prime_titles.csv": "amazon"}


def mapping_names() -> list[str]:
    """Names of the shipped mappings."""
    return sorted(file.stem for file in _MAPPINGS.glob("*.yaml"))


def streaming_csv(name: str, path: str) -> TableSource:
    """The catalogue of a service, read with its shipped mapping.

    Raises `SourceError` for a name without a mapping, and for a file that is not there or of another form.
    """
    if name not in mapping_names():
        hint = f"There are {', '.join(mapping_names())}; or write one: table:MAPPING.yaml={path}."
        raise SourceError(f"{name}={path}", f"no mapping `{name}` ships with the package", hint)
    return TableSource(at(load_mapping(_MAPPINGS / f"{name}.yaml"), path), told_in=f"{name}={path}")


def catalogues_in(folder: Path) -> list[TableSource]:
    """A source for each known catalogue file in a folder.

    Raises `SourceError` where there is none.
    """
    found = [(name, folder / file) for file, name in _KNOWN_FILES.items() if (folder / file).is_file()]
    if not found:
        what = "no known catalogue in this folder" if folder.is_dir() else "no such folder"
        hint = f"Expected {' or '.join(_KNOWN_FILES)}; name other files one by one: --source NAME=PATH."
        raise SourceError(str(folder), what, hint)
    return [streaming_csv(name, str(file)) for name, file in found]
