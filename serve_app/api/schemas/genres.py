"""Words of the classification."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, Discriminator, Field, Tag

from serve_app.api.schemas import MANY, MAX_REVIEWS, MAX_TITLES, ONE, Name, Text, Words, one_or_many


class TitleIn(Words):
    """One film or series to classify."""

    title: Name = Field(examples=["Seven Samurai"])
    plot: Text = Field(
        examples=["Villagers who can pay only in rice hire swordsmen against returning bandits."]
    )
    reviews: list[Text] = Field(default_factory=list, max_length=MAX_REVIEWS)


class GenresRequest(Words):
    """One to 256 titles."""

    titles: list[TitleIn] = Field(min_length=1, max_length=MAX_TITLES)


GenresIn = Annotated[
    Annotated[GenresRequest, Tag(MANY)] | Annotated[TitleIn, Tag(ONE)], Discriminator(one_or_many)
]
"""Several titles, or one title as it is."""


class GenreOut(BaseModel):
    """A genre that the model assigns."""

    genre: str
    probability: float = Field(ge=0, le=1)


class TitleGenres(BaseModel):
    """The answer for one title, in the order of the request."""

    title: str
    genres: list[GenreOut] = Field(description="Genres at or above their thresholds, most probable first.")
    probabilities: dict[str, float] = Field(description="Every canonical genre; they do not sum to one.")


class ModelInfo(BaseModel):
    """What answered."""

    name: str
    version: str = Field(description="Registry version, or the bundle's digest if it is not registered.")
    bundle: str = Field(description="SHA-256 of the bundle's manifest.")
    snapshot_id: str = Field(description="Snapshot of the tables that the model was trained on.")


class GenresResponse(BaseModel):
    """Answers and what gave them."""

    model: ModelInfo
    arm: Literal["champion", "challenger", "fallback"] = Field(
        description="Why this model: by the traffic split, or because the one that should have failed."
    )
    results: list[TitleGenres]


class WordWeight(BaseModel):
    """A word that decided: how far the genre's probability falls without it."""

    word: str
    weight: float


class StoredTitleGenres(TitleGenres):
    """Genres of a title in the catalogue, and why."""

    model: ModelInfo
    arm: Literal["champion", "challenger", "fallback"]
    why: dict[str, list[WordWeight]] = Field(description="For each assigned genre, the words that decided.")
