"""What the deployments say to each other, and what the API needs of them, as plain values that travel."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

import numpy as np
import numpy.typing as npt

from trending.enrichment.schema import Enrichment, EnrichmentInput
from trending.llm.protocol import EngineCard, GenerateRequest, GenerateResponse, Piece

Arm = Literal["champion", "challenger", "fallback"]
"""Why this model answered: by the traffic split, or because the one that should have failed."""
Sort = Literal["relevance", "title", "newest", "score"]


@dataclass(frozen=True)
class ModelCard:
    """A loaded bundle, as it describes itself."""

    kind: str
    """`bert`, `xgboost`, ..."""
    version: str
    """Registry version, or the beginning of the bundle's digest if it is not registered."""
    bundle: str
    """SHA-256 of the bundle's manifest."""
    snapshot_id: str
    genres: tuple[str, ...]
    thresholds: tuple[float, ...]
    max_reviews: int


@dataclass(frozen=True)
class Classified:
    """Answers of one model."""

    probabilities: npt.NDArray[np.float32]
    """`[documents, genres]`."""
    model: ModelCard


@dataclass(frozen=True)
class Answered:
    """Answers, and why this model gave them."""

    classified: Classified
    arm: Arm


@dataclass(frozen=True)
class TrafficPolicy:
    """Who answers. A request key always falls on the same side of `weight`."""

    champion: str
    """Registry version, or the beginning of the bundle's digest if it is not registered."""
    champion_kind: str
    challenger: str | None = None
    challenger_kind: str | None = None
    weight: float = 0.0
    shadow: float = 0.0
    fallbacks: tuple[tuple[str, str], ...] = ()
    """Kind and version, in the order in which they are tried."""
    folders: Mapping[str, str] = field(default_factory=dict)
    """Bundle folder of each version named above: what the classifiers load."""
    faults: tuple[str, ...] = ()
    """Why something that the registry or the settings name is not served; what was served before stays."""


@dataclass(frozen=True)
class AssignmentRecord:
    """Which model answered one request: one line of the assignment log."""

    request_id: str
    key_hash: str
    arm: Arm
    version: str
    kind: str
    titles: int
    milliseconds: float
    at: str
    """ISO 8601, UTC."""
    shadowed_by: str | None = None
    """Version of the challenger that answered as well, unseen."""
    shadow_agreement: float | None = None
    """Share of titles whose genres agree."""


@dataclass(frozen=True)
class TitleSummary:
    """A title in a list."""

    title_id: str
    title: str
    kind: str
    platform: str
    release_year: int | None
    added_on: str | None
    genres: tuple[str, ...]
    """Of the catalogue; where it has none, of the enrichment."""
    vibe_score: float | None
    score_basis: str
    vibe_tags: tuple[str, ...]


@dataclass(frozen=True)
class TitleDetail:
    """All that is kept about a title."""

    summary: TitleSummary
    plot: str
    countries: tuple[str, ...]
    language: str | None
    reviews: tuple[str, ...]
    ratings: tuple[float, ...]
    content_hash: str
    enrichment: Mapping[str, Any] | None
    """The row of `catalog.enrichments`, if the title was enriched."""


@dataclass(frozen=True)
class TitleQuery:
    """What to list. Empty sequences and None do not filter."""

    text: str = ""
    genres: tuple[str, ...] = ()
    platforms: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    min_score: float | None = None
    max_score: float | None = None
    year_from: int | None = None
    year_to: int | None = None
    sort: Sort = "newest"
    offset: int = 0
    limit: int = 50


@dataclass(frozen=True)
class TitlePage:
    """One page of a list."""

    items: tuple[TitleSummary, ...]
    total: int
    snapshot_id: str
    """Version of the tables that the list is of; a change of it ends the validity of ETags."""


@dataclass(frozen=True)
class Similar:
    """A near plot: `similarity` is the cosine of the embeddings."""

    title: TitleSummary
    similarity: float


@dataclass(frozen=True)
class Feedback:
    """A person's word on the genres of a title."""

    feedback_id: str
    title_id: str | None
    title: str
    plot: str
    wrong: tuple[str, ...]
    """Genres that the title was given and should not have."""
    right: tuple[str, ...]
    """Genres that it should have."""
    comment: str
    model_version: str
    key_name: str
    """Name of the API key, empty without keys."""
    at: str


class TitleStoreService(Protocol):
    """The read side of the tables."""

    async def search(self, query: TitleQuery) -> TitlePage:
        """One page of the titles that fit."""
        ...

    async def get(self, title_id: str) -> TitleDetail | None:
        """A title, or None."""
        ...

    async def similar(self, title_id: str, limit: int) -> tuple[Similar, ...] | None:
        """Nearest plots, nearest first; None where there is no such title."""
        ...

    async def trending(self, limit: int) -> TitlePage:
        """What is new and rated highest."""
        ...

    async def facets(self) -> Mapping[str, Sequence[tuple[str, int]]]:
        """Values of `genres`, `platforms`, `kinds`, `tags` with their numbers of titles, most frequent first."""
        ...

    async def snapshot_id(self) -> str:
        """The version of the tables that is served."""
        ...

    async def add_feedback(self, feedback: Feedback) -> None:
        """Durable when this returns."""
        ...


class LLMService(Protocol):
    """The language model, behind its handle."""

    async def card(self) -> EngineCard:
        """What the engine is."""
        ...

    async def generate(self, request: GenerateRequest) -> GenerateResponse:
        """A whole answer."""
        ...

    def stream(self, request: GenerateRequest) -> AsyncGenerator[Piece, None]:
        """An answer in pieces."""
        ...


class EnricherService(Protocol):
    """The chain of classifier and language model."""

    async def enrich(self, title: EnrichmentInput, *, key: str) -> Enrichment:
        """The whole enrichment; `key` decides which classifier answers."""
        ...

    def stream(self, title: EnrichmentInput, *, key: str) -> AsyncGenerator[Mapping[str, Any], None]:
        """Events: `{"event": "genres", "genres": [...], "probabilities": {...}, "model": {...}}` at once, then
        `{"event": "draft", "text": ...}` as the summary grows, `{"event": "note", "detail": ...}` where an answer
        was not believed, and last `{"event": "done", "enrichment": {...}}`."""
        ...


class ClassifierService(Protocol):
    """The classifiers behind the traffic split."""

    async def classify(self, documents: Sequence[str], *, key: str, request_id: str = "") -> Answered:
        """Probabilities of each document; `key` decides which model answers."""
        ...

    async def champion(self) -> ModelCard:
        """The model that answers by default."""
        ...

    async def cards(self) -> tuple[ModelCard, ...]:
        """Cards of all that is served: champion, challenger, fallbacks."""
        ...

    async def explain(self, document: str) -> Mapping[str, Sequence[tuple[str, float]]]:
        """For each assigned genre the words that decided: how far its probability falls without each."""
        ...

    async def policy(self) -> TrafficPolicy:
        """The split of the traffic."""
        ...


@dataclass(frozen=True)
class Services:
    """What the API stands on. Behind Serve these are handles; tests give others."""

    classifiers: ClassifierService
    enricher: EnricherService
    llm: LLMService
    titles: TitleStoreService


@dataclass(frozen=True)
class Vital:
    """One second of the gateway, for the sparklines of the system page."""

    at: float
    requests: int
    errors: int
    p50_ms: float
    p95_ms: float


@dataclass(frozen=True)
class SystemState:
    """What runs now."""

    models: tuple[ModelCard, ...]
    llm: EngineCard | None
    policy: TrafficPolicy
    vitals: tuple[Vital, ...]
    drift: Mapping[str, Any] | None = None
    details: Mapping[str, Any] = field(default_factory=dict)
