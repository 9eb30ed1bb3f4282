"""From every source's own words for genres to the canonical ones."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from trending.errors import TaxonomyError

CANONICAL = "canonical"


class Mapped(NamedTuple):
    """What became of a title's labels; each tuple without repetition."""

    genres: tuple[str, ...]
    """Canonical genres, in the taxonomy's order."""
    unmapped: tuple[str, ...]
    """Labels that the vocabulary does not know, as found."""
    not_genres: tuple[str, ...]
    """Labels that the vocabulary knows to be no genre, as found."""


class Vocabulary(NamedTuple):
    """The labels of one source, folded, with the canonical genres of each (none: known to be no genre)."""

    separator: str
    labels: Mapping[str, tuple[str, ...]]
    compounds: frozenset[str]
    """Labels that hold the separator themselves."""


class Taxonomy:
    """Canonical genres and the vocabularies mapped onto them."""

    def __init__(self, genres: tuple[str, ...], vocabularies: Mapping[str, Vocabulary]) -> None:
        self.genres = genres
        self._order = {genre: place for place, genre in enumerate(genres)}
        self._vocabularies = dict(vocabularies)
        self._files: dict[str, Vocabulary] = {}

    @property
    def vocabularies(self) -> tuple[str, ...]:
        """Names of the vocabularies in the taxonomy file."""
        return tuple(self._vocabularies)

    def canonical(self, vocabulary: str, labels: Iterable[str]) -> Mapped:
        """Map a title's labels; `vocabulary` is a name in the taxonomy file or the path of a YAML file.

        Raises `TaxonomyError` for a vocabulary that does not exist or is not consistent.
        """
        known = self._vocabulary(vocabulary).labels
        genres: set[str] = set()
        unmapped: dict[str, None] = {}
        not_genres: dict[str, None] = {}
        for label in labels:
            mapped = known.get(_folded(label))
            if mapped is None:
                unmapped[label.strip()] = None
            elif mapped:
                genres.update(mapped)
            else:
                not_genres[label.strip()] = None
        return Mapped(tuple(sorted(genres, key=self._order.__getitem__)), tuple(unmapped), tuple(not_genres))

    def split_labels(self, cell: str, vocabulary: str) -> list[str]:
        """The labels in a cell such as `Drama, Arts, Entertainment, and Culture`: two, not four."""
        separator, _, compounds = self._vocabulary(vocabulary)
        parts = [part.strip() for part in cell.split(separator)]
        if not compounds:
            return [part for part in parts if part]
        labels = []
        while parts:
            size = _longest_compound(parts, separator, compounds)
            labels.append(f"{separator} ".join(parts[:size]))
            parts = parts[size:]
        return [label for label in labels if label]

    def _vocabulary(self, name: str) -> Vocabulary:
        vocabulary = self._vocabularies.get(name) or self._files.get(name)
        if vocabulary is not None:
            return vocabulary
        if not name.endswith((".yaml", ".yml")):
            known = ", ".join(sorted(self._vocabularies))
            raise TaxonomyError(f"no vocabulary named {name!r}. Known: {known}, or the path of a YAML file.")
        self._files[name] = _vocabulary(_document(Path(name)), self.genres, name)
        return self._files[name]


def load_taxonomy(path: Path | None = None) -> Taxonomy:
    """The taxonomy in a YAML file; None: the one that ships with the package.

    Raises `TaxonomyError` when the file is missing or not consistent with itself, naming what is wrong.
    """
    path = path or Path(__file__).with_name("taxonomy.yaml")
    document = _document(path)
    _only(document, {"genres", "vocabularies"}, str(path))
    genres = _labels(document.get("genres"), f"{path}: genres")
    if not genres:
        raise TaxonomyError(f"{path}: genres: there is no canonical genre.")
    if repeated := _repeated(genres):
        raise TaxonomyError(f"{path}: genres: {repeated!r} stands there twice.")
    vocabularies = {
        str(name): _vocabulary(_mapping(body, f"{path}: {name}"), genres, f"{path}: {name}")
        for name, body in _mapping(document.get("vocabularies"), f"{path}: vocabularies").items()
    }
    return Taxonomy(genres, vocabularies)


def _vocabulary(document: Mapping[str, Any], genres: Sequence[str], where: str) -> Vocabulary:
    _only(document, {"separator", "genres", "not_genres"}, where)
    separator = document.get("separator", ",")
    if not isinstance(separator, str) or not separator.strip():
        raise TaxonomyError(f"{where}: separator must be a text that is not empty.")
    separator = separator.strip()
    labels: dict[str, tuple[str, ...]] = {}
    for genre, words in _mapping(document.get("genres"), f"{where}: genres").items():
        if genre not in genres:
            raise TaxonomyError(f"{where}: {genre!r} is not one of the canonical genres.")
        for label in map(_folded, _labels(words, f"{where}: {genre}")):
            if genre in labels.get(label, ()):
                raise TaxonomyError(f"{where}: {label!r} stands twice under {genre!r}.")
            labels[label] = (*labels.get(label, ()), genre)
    if not labels:
        raise TaxonomyError(f"{where}: no label is mapped to a canonical genre.")
    for why, words in _mapping(document.get("not_genres", {}), f"{where}: not_genres").items():
        for label in map(_folded, _labels(words, f"{where}: {why}")):
            if label in labels:
                raise TaxonomyError(f"{where}: {label!r} cannot be mapped and stand under {why!r} as well.")
            labels[label] = ()
    compounds = frozenset(label for label in labels if separator in label)
    return Vocabulary(separator, labels, compounds)


def _longest_compound(parts: Sequence[str], separator: str, compounds: frozenset[str]) -> int:
    for size in range(len(parts), 1, -1):
        if _folded(f"{separator} ".join(parts[:size])) in compounds:
            return size
    return 1


def _document(path: Path) -> Mapping[str, Any]:
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise TaxonomyError(f"{path}: no such file.") from None
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise TaxonomyError(f"{path}: cannot be read as YAML: {error}") from error
    return _mapping(document, str(path))


def _mapping(value: object, where: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise TaxonomyError(f"{where}: expected a mapping, found {type(value).__name__}.")
    return value


def _labels(value: object, where: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(label, str) and label.strip() for label in value):
        raise TaxonomyError(f"{where}: expected a list of texts.")
    return tuple(value)


def _only(document: Mapping[str, Any], allowed: set[str], where: str) -> None:
    if unknown := sorted(map(str, set(document) - allowed)):
        raise TaxonomyError(f"{where}: unknown key(s) {', '.join(unknown)}.")


def _repeated(values: Sequence[str]) -> str | None:
    return next((value for place, value in enumerate(values) if value in values[:place]), None)


def _folded(label: str) -> str:
    return " ".join(label.casefold().split())
