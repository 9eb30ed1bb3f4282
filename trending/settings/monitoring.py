"""Settings of monitoring: what counts as drift."""

from __future__ import annotations

from pydantic import Field

from trending.settings.section import Section


class DriftSettings(Section):
    """When a window of titles is said to differ from what a model was tried on.

    A signal alarms where chance is ruled out and the change is large enough to matter. The floors are of effects that
    do not grow with the number of titles; `docs/monitoring.md` tells what was measured with them.
    """

    alpha: float = Field(default=0.01, gt=0, lt=1)
    """Chance of a false alarm of a window, all its signals together."""
    least_titles: int = Field(default=100, ge=20)
    """A window of fewer titles is not judged."""
    window_titles: int = Field(default=500, ge=20)
    """Titles of a window; of more, the newest."""
    values: float = Field(default=0.2, ge=0, le=1)
    """Floor for numbers: of all pairs of a title before and one after, how much more than half have the larger number
    on the same side, doubled."""
    mix: float = Field(default=0.15, ge=0, le=1)
    """Floor for categories: share of the titles that would have to change theirs."""
    share: float = Field(default=0.33, ge=0, le=1)
    """Floor for the share of a genre: its change over the larger of the two; 0.33 is half as much again."""
    separability: float = Field(default=0.2, ge=0, le=1)
    """Floor for texts told apart by a classifier: twice its area under the curve, less one."""


class MonitoringSettings(Section):
    """Watching what comes in and what is answered."""

    drift: DriftSettings = DriftSettings()
