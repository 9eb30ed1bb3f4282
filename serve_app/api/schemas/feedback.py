"""Words of feedback on genres."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Discriminator, Field, StringConstraints, Tag

from serve_app.api.schemas import (
    BY_ID,
    BY_TEXT,
    MAX_GENRES,
    NO_NUL,
    Name,
    Text,
    TitleId,
    Words,
    by_id_or_text,
)

_Genres = Annotated[list[Annotated[str, StringConstraints(max_length=100)]], Field(max_length=MAX_GENRES)]
_SOME_GENRE: dict[str, Any] = {
    "anyOf": [
        {"required": [side], "properties": {side: {"type": "array", "minItems": 1}}}
        for side in ("wrong", "right")
    ]
}


class _Opinion(Words):
    model_config = ConfigDict(json_schema_extra=_SOME_GENRE)

    wrong: _Genres = Field(default_factory=list, description="Genres that it was given and should not have.")
    right: _Genres = Field(default_factory=list, description="Genres that it should have.")
    comment: str = Field(default="", max_length=2000, pattern=NO_NUL)


class FeedbackById(_Opinion):
    """About a title of the catalogue."""

    title_id: TitleId


class FeedbackText(_Opinion):
    """About a title that the catalogue need not know."""

    title: Name
    plot: Text


FeedbackIn = Annotated[
    Annotated[FeedbackById, Tag(BY_ID)] | Annotated[FeedbackText, Tag(BY_TEXT)], Discriminator(by_id_or_text)
]


class FeedbackOut(BaseModel):
    """Kept."""

    feedback_id: str
