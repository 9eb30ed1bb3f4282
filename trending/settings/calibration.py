"""Settings of calibration: which curves may be chosen, and from how many titles on."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from trending.settings.section import Section


class CalibrationSettings(Section):
    """One increasing curve a genre, fitted and chosen on validation."""

    methods: tuple[Literal["temperature", "platt", "isotonic"], ...] = ("temperature", "platt", "isotonic")
    """What may be chosen beside the model's own probability. Empty: models answer as they are."""
    folds: int = Field(default=5, ge=2)
    """Of validation, by work: a curve is judged on titles that it was not fitted on."""
    penalty: float = Field(default=1.0, ge=0)
    """What holds slopes near 1 and intercepts near 0, in validation titles: the more, the closer."""
    least_titles: int = Field(default=10, ge=2)
    """A genre that fewer validation titles have (or lack) keeps the model's own probability."""
    least_isotonic: int = Field(default=100, ge=2)
    """The same for isotonic, which has as many numbers as the data have steps."""
