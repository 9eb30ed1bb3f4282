"""A window of titles held against a reference: signals with their effects, and which of them alarm."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from trending.evaluation.resampling import holm
from trending.monitoring.tests_of_change import (
    Change,
    separability,
    shift_of_mix,
    shift_of_share,
    shift_of_values,
)
from trending.monitoring.window import Window
from trending.settings import DriftSettings

Family = Literal["input", "answers", "quality"]
EMPTY_WORDS = 8
"""A document of fewer words is a title alone, or hardly more: the field of the plot broke."""


@dataclass(frozen=True)
class Signal:
    """One thing that is watched."""

    name: str
    family: Family
    """`input`: the texts. `answers`: what the model made of them. `quality`: what people say of the answers."""
    before: float
    after: float
    effect: float
    floor: float
    """Of the effect: a smaller one does not matter, however sure it is."""
    p_value: float
    """Corrected for all signals of the window (Holm)."""
    alarm: bool = False


@dataclass(frozen=True)
class Drift:
    """What a window showed."""

    reference_titles: int
    window_titles: int
    signals: tuple[Signal, ...]
    """Those that alarm first, the surest first."""
    judged: bool
    """False where the window was too small."""

    @property
    def alarms(self) -> tuple[Signal, ...]:
        """Signals beyond chance and beyond their floor."""
        return tuple(one for one in self.signals if one.alarm)

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return {**asdict(self), "alarms": [one.name for one in self.alarms]}


def find_drift(
    reference: Window, window: Window, genres: Sequence[str], settings: DriftSettings, *, seed: int = 0
) -> Drift:
    """Compare them. `genres` name the columns of their probabilities."""
    if len(window) < settings.least_titles:
        return Drift(len(reference), len(window), (), judged=False)
    raw = [
        *_of_input(reference, window, settings, seed),
        *_of_answers(reference, window, genres, settings),
        *_of_quality(reference, window, settings),
    ]
    corrected = holm(np.array([one.p_value for one in raw]))
    judged = [
        replace(one, p_value=float(p), alarm=bool(p < settings.alpha and one.effect >= one.floor))
        for one, p in zip(raw, corrected, strict=True)
    ]
    judged.sort(key=lambda one: (not one.alarm, one.p_value, -one.effect))
    return Drift(len(reference), len(window), tuple(judged), judged=True)


def _of_input(reference: Window, window: Window, settings: DriftSettings, seed: int) -> list[Signal]:
    both = (reference, window)
    found = [
        _signal("words", "input", shift_of_values(*(one.words for one in both)), settings.values),
        _signal("unknown words", "input", shift_of_values(*(one.unknown for one in both)), settings.values),
        _signal("empty", "input", shift_of_share(*(one.words < EMPTY_WORDS for one in both)), settings.share),
        _signal("language", "input", shift_of_mix(*(one.languages for one in both)), settings.mix),
        _signal("platform", "input", shift_of_mix(*(one.platforms for one in both)), settings.mix),
        _signal("kind", "input", shift_of_mix(*(one.kinds for one in both)), settings.mix),
    ]
    if reference.embeddings is not None and window.embeddings is not None:
        apart = separability(reference.embeddings, window.embeddings, seed=seed)
        found.append(_signal("meaning", "input", apart, settings.separability))
    return found


def _of_answers(
    reference: Window, window: Window, genres: Sequence[str], settings: DriftSettings
) -> list[Signal]:
    both = (reference, window)
    found = [
        _signal("confidence", "answers", shift_of_values(*(_surest(one) for one in both)), settings.values),
        _signal("entropy", "answers", shift_of_values(*(_entropy(one) for one in both)), settings.values),
        _signal(
            "genres a title", "answers", shift_of_values(*(_count(one) for one in both)), settings.values
        ),
    ]
    for column, genre in enumerate(genres):
        change = shift_of_share(*(one.assigned[:, column] for one in both))
        found.append(_signal(f"genre {genre}", "answers", change, settings.share))
    return found


def _of_quality(reference: Window, window: Window, settings: DriftSettings) -> list[Signal]:
    if reference.labels is None or window.labels is None:
        return []
    change = shift_of_values(_agreement(reference), _agreement(window))
    return [_signal("agreement with labels", "quality", change, settings.values)]


def _signal(name: str, family: Family, change: Change, floor: float) -> Signal:
    return Signal(name, family, change.before, change.after, change.effect, floor, change.p_value)


def _surest(window: Window) -> npt.NDArray[np.float64]:
    return window.probabilities.max(axis=1).astype(np.float64)


def _count(window: Window) -> npt.NDArray[np.float64]:
    return window.assigned.sum(axis=1).astype(np.float64)


def _entropy(window: Window) -> npt.NDArray[np.float64]:
    """Of the genres, each for itself, in bits."""
    p = np.clip(window.probabilities.astype(np.float64), 1e-6, 1 - 1e-6)
    return -(p * np.log2(p) + (1 - p) * np.log2(1 - p)).sum(axis=1)


def _agreement(window: Window) -> npt.NDArray[np.float64]:
    """Genres both given and right, over those that are either (Jaccard), of each title that has labels."""
    assert window.labels is not None
    labelled = window.labels.any(axis=1)
    right, given = window.labels[labelled], window.assigned[labelled]
    return (given & right).sum(axis=1) / (given | right).sum(axis=1)
