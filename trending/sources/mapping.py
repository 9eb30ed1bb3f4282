"""A mapping: the YAML that says which column of a file is what. A new source needs one, and no code."""

from __future__ import annotations

import codecs
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from trending.errors import SourceError

Format = Literal["csv", "json-lines", "json", "parquet"]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, coerce_numbers_to_str=True)


class TitleColumns(_Part):
    """Column of the file for each field of a title. `genres.name` reads `name` in a list of objects."""

    title: str | None = None
    plot: str | None = None
    kind: str | None = None
    platform: str | None = None
    release_year: str | None = None
    added_on: str | None = None
    countries: str | None = None
    genres: str | None = None


class TitleConstants(_Part):
    """Values that are the same for every title of the file."""

    kind: str | None = None
    platform: str | None = None
    release_year: str | None = None
    added_on: str | None = None
    countries: str | None = None
    genres: list[str] | None = None


class ReviewColumns(_Part):
    """Column of the file for each field of a review; title, kind and year say what it reviews."""

    text: str
    title: str | None = None
    kind: str | None = None
    release_year: str | None = None
    rating: str | None = None
    sentiment: str | None = None


class Location(_Part):
    """Where the records are, and how they are written."""

    path: str | list[str] | None = None
    """A file, a folder, a pattern (`parts/*.parquet`) or several; relative to the mapping, or a URL."""
    format: Format | None = None
    """None: by the ending of the file's name."""
    delimiter: str = Field(default=",", min_length=1, max_length=1)
    encoding: str = "utf-8"
    storage_options: dict[str, Any] = Field(default_factory=dict)
    """Options of the fsspec file system, such as `endpoint_url` or `anon`."""

    @field_validator("encoding")
    @classmethod
    def _reads_line_by_line(cls, value: str) -> str:
        try:
            fits = "\n,a".encode(codecs.lookup(value).name) == b"\n,a"
        except LookupError as error:
            raise ValueError(f"no such encoding: {value}") from error
        if not fits:
            raise ValueError(f"{value} does not contain ASCII as it is; save the file as UTF-8")
        return value


class ReviewMapping(Location):
    """Reviews: a list within each title (`column`), or a file of their own (`path`)."""

    column: str | None = None
    columns: ReviewColumns
    kinds: dict[str, str] = Field(default_factory=dict)
    sentiments: dict[str, Literal["positive", "negative"]] = Field(default_factory=dict)
    """The source's label -> sentiment."""


class Mapping(Location):
    """Everything that the YAML of a source can say."""

    name: str = Field(min_length=1, pattern=r"^[\w.-]+$")
    vocabulary: str = "canonical"
    """Genre vocabulary: a name in the shipped taxonomy, or the path of a YAML of your own."""
    date_format: str | None = None
    """`strptime` format of `added_on`. None: ISO, 2021-03-30."""
    separator: str | None = Field(default=None, min_length=1)
    """Splits a genres cell. None: the cell goes whole to the vocabulary, which knows its labels."""
    columns: TitleColumns | None = None
    constants: TitleConstants = TitleConstants()
    kinds: dict[str, str] = Field(default_factory=dict)
    """The source's word -> `movie` or `show`."""
    reviews: ReviewMapping | None = None

    @model_validator(mode="after")
    def _says_enough(self) -> Mapping:
        if self.columns is None:
            if self.reviews is None or self.reviews.column:
                raise ValueError("neither `columns` (for titles) nor `reviews` with a file of its own")
            return self
        missing = [f"columns.{field}" for field in ("title", "plot") if getattr(self.columns, field) is None]
        for field in ("kind", "platform"):
            if getattr(self.columns, field) is None and getattr(self.constants, field) is None:
                missing.append(f"columns.{field} or constants.{field}")
        if missing:
            raise ValueError("missing " + ", ".join(missing))
        twice = self.columns.model_fields_set & self.constants.model_fields_set
        if twice:
            raise ValueError(f"both a column and a constant for {', '.join(sorted(twice))}")
        return self


def load_mapping(file: Path) -> Mapping:
    """The mapping in a YAML file, with a relative `vocabulary` file and relative paths made absolute.

    Raises `SourceError` that names the file, the line of a syntax error, and every wrong or missing key.
    """
    try:
        values = yaml.safe_load(file.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise SourceError(
            str(file), "no such mapping", "A mapping is a YAML file: see docs/sources.md."
        ) from error
    except UnicodeDecodeError as error:
        raise SourceError(str(file), "not UTF-8", "Save the mapping as UTF-8.") from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{file}:{mark.line + 1}" if mark else str(file)
        what = f"not YAML: {getattr(error, 'problem', error)}"
        raise SourceError(where, what, "Check the indentation and the quotes of this line.") from error
    if not isinstance(values, dict):
        raise SourceError(str(file), "not a mapping", "Expected keys such as name, path and columns.")
    try:
        return _anchored(Mapping.model_validate(values), file.resolve().parent)
    except ValidationError as error:
        raise SourceError(str(file), _wrong_keys(error), "See docs/sources.md for every key.") from error


def _anchored(mapping: Mapping, folder: Path) -> Mapping:
    changes: dict[str, Any] = {"path": _anchored_path(mapping.path, folder)}
    if mapping.vocabulary.endswith((".yaml", ".yml")):
        changes["vocabulary"] = _absolute(mapping.vocabulary, folder)
        if not Path(changes["vocabulary"]).is_file():
            raise SourceError(
                changes["vocabulary"], "no such vocabulary file", "See `vocabulary` in the mapping."
            )
    if mapping.reviews:
        path = _anchored_path(mapping.reviews.path, folder)
        changes["reviews"] = mapping.reviews.model_copy(update={"path": path})
    return mapping.model_copy(update=changes)


def _anchored_path(path: str | list[str] | None, folder: Path) -> str | list[str] | None:
    if isinstance(path, list):
        return [_absolute(one, folder) for one in path]
    return _absolute(path, folder) if path else None


def _absolute(path: str, folder: Path) -> str:
    return path if "://" in path else str(folder / Path(path).expanduser())


def _wrong_keys(error: ValidationError) -> str:
    wrong = []
    for item in error.errors():
        key = ".".join(str(part) for part in item["loc"])
        message = (
            "no such key" if item["type"] == "extra_forbidden" else item["msg"].removeprefix("Value error, ")
        )
        wrong.append(f"{key}: {message}" if key else message)
    return "; ".join(wrong)
