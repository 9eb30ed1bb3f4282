"""Words of the service about itself."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, Field


class Health(BaseModel):
    """State of the service."""

    status: str


class ModelCardOut(BaseModel):
    """A classifier that is loaded."""

    kind: str
    version: str
    bundle: str
    snapshot_id: str
    genres: list[str]
    thresholds: list[float]
    max_reviews: int


class EngineCardOut(BaseModel):
    """The language model."""

    engine: str
    model: str
    max_prompt_tokens: int
    can_score: bool
    details: dict[str, Any]


class PolicyOut(BaseModel):
    """How requests are shared between models."""

    champion: str
    champion_kind: str
    challenger: str | None
    challenger_kind: str | None
    weight: float = Field(description="Share of the request keys that the challenger answers.")
    shadow: float = Field(description="Share of the champion's requests that it answers unseen.")
    fallbacks: list[tuple[str, str]] = Field(description="Kind and version, in the order of trying.")


class VitalOut(BaseModel):
    """One second of this gateway."""

    at: float = Field(description="Seconds since 1970.")
    requests: int
    errors: int = Field(description="Answers with a status of 500 or more.")
    p50_ms: float
    p95_ms: float


class SystemOut(BaseModel):
    """What runs now."""

    models: list[ModelCardOut]
    llm: EngineCardOut | None
    policy: PolicyOut
    vitals: list[VitalOut]
    drift: dict[str, Any] | None
    details: dict[str, Any] = Field(description="For administrators; empty for others.")
