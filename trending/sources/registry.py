"""Sources by the words of the command line."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path

from trending.errors import SourceError
from trending.sources.base import Source
from trending.sources.reviews_package import reviews_package
from trending.sources.sample import sample
from trending.sources.streaming_csv import catalogues_in, mapping_names, streaming_csv
from trending.sources.table import table

__all__ = ["catalogues_in", "parse_source", "parse_sources", "source_words"]

_PLAIN: dict[str, Callable[[], Source]] = {"sample": sample, "reviews-package": reviews_package}


def parse_source(spec: str) -> Source:
    """The source that a word of the command line names: one of `source_words`.

    Raises `SourceError` that lists what is possible, or says what is wrong with the file.
    """
    if spec in _PLAIN:
        return _PLAIN[spec]()
    if match := re.fullmatch(r"table:(.+?\.ya?ml)(?:=(.+))?", spec):
        return table(Path(match[1]).expanduser(), match[2])
    if match := re.fullmatch(r"(?:streaming-csv:)?([\w.-]+)=(.+)", spec):
        return streaming_csv(match[1], match[2])
    raise SourceError(spec, "not a source", f"Possible are: {'; '.join(source_words())}.")


def parse_sources(specs: Sequence[str]) -> list[Source]:
    """The sources of one ingest. Raises `SourceError` where two have the same name."""
    sources = [parse_source(spec) for spec in specs]
    names = [source.name for source in sources]
    for spec, name in zip(specs, names, strict=True):
        if names.count(name) > 1:
            hint = "Put the files into one source (a folder or a pattern), or give a mapping another `name`."
            raise SourceError(spec, f"there are two sources called `{name}`", hint)
    return sources


def source_words() -> list[str]:
    """Every form of word that `parse_source` knows."""
    return [
        *_PLAIN,
        *(f"{name}=PATH" for name in mapping_names()),
        "table:MAPPING.yaml",
        "table:MAPPING.yaml=PATH",
    ]
