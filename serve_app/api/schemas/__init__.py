"""The API's words: what goes in and what comes out. Unknown fields and empty texts are refused."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, StringConstraints

MAX_TITLES = 256
MAX_TEXT_CHARS = 20_000
MAX_REVIEWS = 50
MAX_GENRES = 32

# Something to read in it, and no NUL, which databases and C libraries take for the end.
_SAYS_SOMETHING = r"^[^\x00]*[^\s\x00][^\x00]*$"
NO_NUL = r"^[^\x00]*$"

Text = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True, min_length=1, max_length=MAX_TEXT_CHARS, pattern=_SAYS_SOMETHING
    ),
]
Name = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=500, pattern=_SAYS_SOMETHING),
]
TitleId = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[0-9A-Za-z_.:-]+$")]

BY_ID, BY_TEXT, ONE, MANY = "(by id)", "(by text)", "(one)", "(many)"
TAGS = frozenset((BY_ID, BY_TEXT, ONE, MANY))
"""Names of union members: they show up in the places of pydantic's errors, where nobody should meet them."""


class Words(BaseModel):
    """Base of all that comes in as JSON. Strict: `"7"` is not a number, and 0 is not false."""

    model_config = ConfigDict(extra="forbid", strict=True)


def by_id_or_text(value: Any) -> str:
    """Which member of a union is meant: the title by its id, or by its text."""
    return BY_ID if _has(value, "title_id") else BY_TEXT


def one_or_many(value: Any) -> str:
    """Which member of a union is meant: one title, or an object that holds several."""
    return ONE if _has(value, "title") or _has(value, "plot") else MANY


def _has(value: Any, name: str) -> bool:
    return isinstance(value, dict) and name in value
