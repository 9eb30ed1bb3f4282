"""Settings of evaluation: slices, answers in batches, how much is tried."""

from __future__ import annotations

from pydantic import Field

from trending.settings.resources import Device, Resources
from trending.settings.section import Section


class EvaluationSettings(Section):
    """The evaluation of a bundle."""

    least_titles: int = Field(default=30, ge=10)
    """A slice of fewer test titles is not scored."""
    batches_from: int = Field(default=10_000, ge=1)
    """From so many titles on, Ray Data spreads them over actors. Fewer are answered in this process: starting Ray and
    loading the bundle in every actor would take longer than the answers."""
    batch_titles: int = Field(default=256, ge=1)
    """Titles that an actor is given at once."""
    actors: int = Field(default=2, ge=1)
    """At the most; each holds the model once."""
    device: Device = "auto"
    """`auto`: a GPU for each actor where the cluster has any."""
    resources: Resources = Resources()
    """Of each actor."""
    robustness_cases: int = Field(default=100, ge=1)
    """Titles at the most that each change to the text is tried on."""
    explained_titles: int = Field(default=30, ge=1)
    """Titles whose explanations are checked by deletion."""
    timed_titles: int = Field(default=500, ge=1)
    """Titles at the most that the cost of serving is measured on."""
