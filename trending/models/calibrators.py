"""From a model's scores to probabilities that can be taken at their word: one increasing curve a genre."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import asdict, dataclass
from typing import Any, Literal, TypeVar, get_args

import numpy as np
import numpy.typing as npt

from trending.models.base import GenreModel, Probabilities

Method = Literal["identity", "temperature", "platt", "isotonic"]
METHODS: tuple[Method, ...] = get_args(Method)
"""From the fewest numbers to the most."""
CLIP = 1e-6
"""Probabilities closer than this to 0 or 1 are taken as that close: their logits stay finite."""

AnyModel = TypeVar("AnyModel", bound=GenreModel)


@dataclass(frozen=True)
class Calibrator:
    """The curve of one genre, never decreasing.

    `temperature` and `platt`: sigmoid of `slope * logit(p) + intercept` (Guo et al. 2017; Platt 1999).
    `isotonic`: straight lines between `knots` (Zadrozny and Elkan 2002). `identity`: the model's own probability.
    """

    method: Method = "identity"
    slope: float = 1.0
    intercept: float = 0.0
    knots: tuple[tuple[float, float], ...] = ()
    """(probability given, probability meant), both increasing; outside them the curve is flat."""

    def __post_init__(self) -> None:
        if self.method not in METHODS:
            raise ValueError(f"there is no calibrator {self.method!r}; known: {', '.join(METHODS)}")
        if not (np.isfinite([self.slope, self.intercept]).all() and self.slope >= 0):
            raise ValueError(f"slope {self.slope}, intercept {self.intercept}: not an increasing curve")
        if self.method == "isotonic":
            _check(np.asarray(self.knots, np.float64))

    def apply(self, given: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
        """Calibrated probabilities of this genre, of any shape."""
        return Calibration((self,)).apply(np.asarray(given).reshape(-1, 1)).reshape(np.shape(given))


@dataclass(frozen=True)
class Calibration:
    """One calibrator a genre, in the order of the model's genres."""

    calibrators: tuple[Calibrator, ...]

    def apply(self, given: npt.NDArray[np.floating]) -> npt.NDArray[Any]:
        """Calibrated probabilities `[n, genres]`, of the type of `given`; columns of `identity` are not touched."""
        found = np.array(given)
        curved = [k for k, one in enumerate(self.calibrators) if one.method in ("temperature", "platt")]
        if curved:
            slopes = np.array([self.calibrators[k].slope for k in curved])
            intercepts = np.array([self.calibrators[k].intercept for k in curved])
            found[:, curved] = sigmoid(slopes * log_odds(found[:, curved]) + intercepts)
        for k, one in enumerate(self.calibrators):
            if one.method == "isotonic":
                at, value = np.asarray(one.knots).T
                found[:, k] = np.interp(found[:, k], at, value)
        return found

    def as_json(self) -> list[dict[str, Any]]:
        """Plain values, one object a genre."""
        return [asdict(one) for one in self.calibrators]

    @classmethod
    def from_json(cls, found: Sequence[Mapping[str, Any]]) -> Calibration:
        """What `as_json` gave. Raises `ValueError` for what is no calibration."""
        try:
            return cls(
                tuple(
                    Calibrator(
                        method=one["method"],
                        slope=float(one["slope"]),
                        intercept=float(one["intercept"]),
                        knots=tuple((float(at), float(value)) for at, value in one["knots"]),
                    )
                    for one in found
                )
            )
        except (TypeError, KeyError) as error:
            raise ValueError(f"not a calibration: {error}") from error


class Calibrated:
    """Base of the models: what they answer goes through the calibration of their bundle.

    The calibration belongs to the bundle, not to the model's own state: a model that was just fitted has none, and
    `load_bundle` gives a loaded one that of its manifest.
    """

    calibration: Calibration | None = None

    def calibrated(self, raw: npt.NDArray[np.floating]) -> Probabilities:
        """The probabilities `[n, genres]` that the model answers with, from those that it computes."""
        found = raw.astype(np.float32, copy=False)
        return found if self.calibration is None else self.calibration.apply(found)


def without_calibration(model: AnyModel) -> AnyModel:
    """The same model (no copy of its weights) as it answers by itself."""
    raw = copy(model)
    raw.calibration = None
    return raw


def log_odds(probabilities: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
    """`log(p / (1 - p))`, finite."""
    exact = np.asarray(probabilities, np.float64).clip(CLIP, 1 - CLIP)
    return np.log(exact) - np.log1p(-exact)


def sigmoid(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """`1 / (1 + e^-values)`, without overflow."""
    return np.exp(-np.logaddexp(0, -values))


def _check(knots: npt.NDArray[np.float64]) -> None:
    if knots.ndim != 2 or knots.shape[1] != 2 or len(knots) < 2 or not np.isfinite(knots).all():
        raise ValueError("isotonic: not a list of two or more knots")
    at, value = knots.T
    if (np.diff(at) <= 0).any() or (np.diff(value) < 0).any() or value[0] < 0 or value[-1] > 1:
        raise ValueError("isotonic: the knots are not those of an increasing curve from 0 to 1")
