"""The API's words: what goes in and what comes out. Unknown fields and empty texts are refused."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

MAX_TITLES = 256
MAX_PLOT_CHARS = 20_000

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_PLOT_CHARS)]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]


class TitleIn(BaseModel):
    """One film or series to classify."""

    model_config = ConfigDict(extra="forbid")

    title: Name = Field(examples=["Seven Samurai"])
    plot: Text = Field(
        examples=["Villagers who can pay only in rice hire swordsmen against returning bandits."]
    )
    reviews: list[Text] = Field(default_factory=list, max_length=50)


class GenresRequest(BaseModel):
    """One to 256 titles."""

    model_config = ConfigDict(extra="forbid")

    titles: list[TitleIn] = Field(min_length=1, max_length=MAX_TITLES)


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
    results: list[TitleGenres]


class Health(BaseModel):
    """State of the service."""

    status: str
