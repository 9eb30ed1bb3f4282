"""YAML files that a person writes: read to the last word, with the line of everything in them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from trending.errors import TrendingError


@dataclass(frozen=True)
class YamlFile:
    """A mapping, and where each part of it stands."""

    path: Path
    values: dict[str, Any]
    tree: yaml.Node | None
    sha256: str
    """Of the file."""

    def line(self, place: Sequence[Any]) -> int:
        """The line, from 1 on, of the deepest part of the file on the way to `place`."""
        node, line = self.tree, self.tree.start_mark.line + 1 if self.tree else 1
        for step in place:
            if isinstance(node, yaml.MappingNode):
                found = next(((key, value) for key, value in node.value if key.value == str(step)), None)
            elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
                found = (node.value[step], node.value[step])
            else:
                found = None
            if found is None:
                break
            line, node = found[0].start_mark.line + 1, found[1]
        return line

    def where(self, place: Sequence[Any]) -> str:
        """`FILE:LINE` of a part."""
        return f"{self.path}:{self.line(place)}"


def read_yaml(path: Path, *, of: str, error: type[TrendingError]) -> YamlFile:
    """A mapping `of` something, from a file that is there.

    Raises `error` where it is not YAML, not a mapping, or says the same thing twice: YAML would take the last, in
    silence.
    """
    data = path.read_bytes()
    try:
        text = data.decode("utf-8")
        values, tree = yaml.safe_load(text), yaml.compose(text, Loader=yaml.SafeLoader)
    except (yaml.YAMLError, UnicodeDecodeError) as wrong:
        raise error(f"{path}: not YAML: {wrong}") from wrong
    if twice := list(_twice(path, tree)):
        raise error("\n".join(twice))
    if not isinstance(values, dict | None):
        raise error(f"{path}: expected a mapping of {of}, found {type(values).__name__}.")
    return YamlFile(path, values or {}, tree, hashlib.sha256(data).hexdigest())


def wrong_values(error: ValidationError) -> Iterable[tuple[tuple[int | str, ...], str]]:
    """Place and complaint of each wrong value."""
    for one in error.errors():
        place = ".".join(map(str, one["loc"]))
        yield one["loc"], f"{place}: {one['msg']} (got {one['input']!r})"


def _twice(path: Path, node: yaml.Node | None) -> Iterable[str]:
    if isinstance(node, yaml.SequenceNode):
        for value in node.value:
            yield from _twice(path, value)
    if not isinstance(node, yaml.MappingNode):
        return
    seen: set[str] = set()
    for key, value in node.value:
        if key.value in seen:
            yield f"{path}:{key.start_mark.line + 1}: `{key.value}` stands here twice. Leave one."
        seen.add(key.value)
        yield from _twice(path, value)
