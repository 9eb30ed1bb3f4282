"""Words of the enrichment."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, Discriminator, Field, Tag

from serve_app.api.schemas import BY_ID, BY_TEXT, MAX_REVIEWS, Name, Text, TitleId, Words, by_id_or_text
from serve_app.api.schemas.genres import GenreOut

_Rating = Annotated[float, Field(ge=1, le=10, allow_inf_nan=False)]


class EnrichById(Words):
    """A title of the catalogue."""

    title_id: TitleId


class EnrichText(Words):
    """A title that the catalogue need not know."""

    title: Name
    plot: Text
    reviews: list[Text] = Field(default_factory=list, max_length=MAX_REVIEWS)
    ratings: list[_Rating] = Field(
        default_factory=list, max_length=1000, description="1 to 10, those of the reviews that have one."
    )


EnrichIn = Annotated[
    Annotated[EnrichById, Tag(BY_ID)] | Annotated[EnrichText, Tag(BY_TEXT)], Discriminator(by_id_or_text)
]


class FaultOut(BaseModel):
    """Something in the language model's answer that was not believed, or a call that failed."""

    part: str
    kind: str
    detail: str
    attempt: int


class EnrichmentOut(BaseModel):
    """All that is said about one title, with the rung on which each part stands."""

    title: str
    title_id: str | None
    genres: list[GenreOut]
    genre_rung: str
    genre_version: str
    llm_trust: float
    summary: str
    summary_rung: str
    vibe_score: float | None = Field(description="1 (hated) to 10 (loved); null where there are no reviews.")
    score_basis: str
    vibe_tags: list[str]
    tag_rung: str
    llm_model: str = Field(description="Empty where no language model took part.")
    prompt_hashes: dict[str, str]
    prompt_tokens: int
    completion_tokens: int
    attempts: int
    faults: list[FaultOut]
    seconds: float
