"""The shapes of an enrichment: what goes in, what comes out, and on which rung each part stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

GenreRung = Literal["llm", "combined", "bert", "xgboost", "blend", "linear", "keyword", "none"]
"""Who gave the genres. `combined`: classifier and language model, weighed by the learnt rule."""
SummaryRung = Literal["llm", "extractive", "none"]
"""`extractive`: the most central sentences of the reviews. `none`: there are no reviews."""
ScoreBasis = Literal["llm+sentiment", "sentiment", "ratings", "none"]
"""What the vibe score stands on. `sentiment`: of the reviews, with their ratings where there are any."""
TagRung = Literal["llm", "keyphrases", "none"]


@dataclass(frozen=True)
class EnrichmentInput:
    """A title as it is enriched. Plot and reviews are untrusted text."""

    title: str
    plot: str
    reviews: tuple[str, ...] = ()
    ratings: tuple[float, ...] = ()
    """1 to 10, those of the reviews that have one."""
    title_id: str | None = None
    release_year: int | None = None


@dataclass(frozen=True)
class GenreAnswer:
    """Genres and their probabilities from a classifier."""

    rung: GenreRung
    version: str
    """Registry version or bundle digest of the model."""
    genres: tuple[str, ...]
    """Those that it assigns, most probable first."""
    probabilities: Mapping[str, float]
    thresholds: Mapping[str, float] = field(default_factory=dict)
    """Probability from which each genre is assigned; where it is given, a second opinion can change the genres."""


@dataclass(frozen=True)
class Fault:
    """Something in the language model's answer that was not believed, or a call that failed."""

    part: Literal["summary", "tags", "score", "genres"]
    kind: str
    """`parse`, `length`, `language`, `offensive`, `unsupported`, `range`, `leak`, `busy`, `deadline`, `failed`,..."""
    detail: str
    attempt: int = 1


@dataclass(frozen=True)
class Enrichment:
    """All that is said about one title, with where it came from."""

    title: str
    title_id: str | None
    genres: tuple[str, ...]
    probabilities: Mapping[str, float]
    genre_rung: GenreRung
    genre_version: str
    llm_trust: float
    """How far the learnt rule trusts the language model about genres: 0 (not at all) to 1."""
    summary: str
    summary_rung: SummaryRung
    vibe_score: float | None
    """1 (hated) to 10 (loved), one decimal. None where there are no reviews."""
    score_basis: ScoreBasis
    vibe_tags: tuple[str, ...]
    tag_rung: TagRung
    llm_model: str
    """Empty where no language model took part."""
    prompt_hashes: Mapping[str, str] = field(default_factory=dict)
    """Prompt name to its SHA-256, shortened to 12 digits."""
    prompt_tokens: int = 0
    completion_tokens: int = 0
    attempts: int = 0
    """Calls of the language model."""
    faults: tuple[Fault, ...] = ()
    seconds: float = 0.0

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)
