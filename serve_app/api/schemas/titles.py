"""Words of the catalogue: lists, one title, neighbours, facets."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from serve_app.api.schemas import NO_NUL
from serve_app.contracts import TitleQuery

MAX_LIMIT = 500

_Value = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=NO_NUL)]
_Values = Annotated[list[_Value], Field(max_length=20)]
_Score = Annotated[float, Field(ge=1, le=10, allow_inf_nan=False)]
_Year = Annotated[int, Field(ge=1, le=9999)]


class TitlesIn(BaseModel):
    """What to list. Parameters may be repeated where a list is meant; unknown ones are ignored."""

    model_config = ConfigDict(extra="ignore")

    q: str = Field(default="", max_length=200, pattern=NO_NUL, description="Words to look for.")
    genre: _Values = Field(default_factory=list, description="Titles with any of these genres.")
    platform: _Values = Field(default_factory=list)
    kind: list[Literal["movie", "show"]] = Field(default_factory=list, max_length=20)
    tag: _Values = Field(default_factory=list, description="Titles with any of these vibe tags.")
    min_score: _Score | None = Field(default=None, description="Least vibe score, 1 to 10.")
    max_score: _Score | None = Field(default=None, description="Highest vibe score, 1 to 10.")
    year_from: _Year | None = None
    year_to: _Year | None = None
    sort: Literal["relevance", "title", "newest", "score"] | None = Field(
        default=None, description="Default: `relevance` where words are looked for, else `newest`."
    )
    offset: int = Field(default=0, ge=0, le=10_000_000)
    limit: int = Field(default=50, ge=1, le=MAX_LIMIT)

    def query(self) -> TitleQuery:
        """The same for the title store."""
        return TitleQuery(
            text=self.q.strip(),
            genres=tuple(self.genre),
            platforms=tuple(self.platform),
            kinds=tuple(self.kind),
            tags=tuple(self.tag),
            min_score=self.min_score,
            max_score=self.max_score,
            year_from=self.year_from,
            year_to=self.year_to,
            sort=self.sort or ("relevance" if self.q.strip() else "newest"),
            offset=self.offset,
            limit=self.limit,
        )


class TitleOut(BaseModel):
    """A title in a list."""

    title_id: str
    title: str
    kind: str
    platform: str
    release_year: int | None
    added_on: str | None
    genres: list[str] = Field(description="Of the catalogue; where it has none, of the enrichment.")
    vibe_score: float | None
    score_basis: str
    vibe_tags: list[str]


class TitlesOut(BaseModel):
    """One page of a list."""

    items: list[TitleOut]
    total: int
    offset: int
    limit: int
    snapshot_id: str


class TitleDetailOut(TitleOut):
    """All that is kept about a title."""

    plot: str
    countries: list[str]
    language: str | None
    reviews: list[str]
    ratings: list[float]
    enrichment: dict[str, Any] | None


class SimilarTitle(TitleOut):
    """A near plot."""

    similarity: float = Field(description="Cosine of the plots' embeddings.")


class SimilarOut(BaseModel):
    """The nearest plots, nearest first."""

    items: list[SimilarTitle]


class FacetValue(BaseModel):
    """A value to filter by."""

    value: str
    count: int


class FacetsOut(BaseModel):
    """Values to filter by, most frequent first."""

    genres: list[FacetValue]
    platforms: list[FacetValue]
    kinds: list[FacetValue]
    tags: list[FacetValue]
