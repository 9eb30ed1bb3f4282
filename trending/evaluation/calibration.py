"""How far probabilities can be taken at their word."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from trending.evaluation.record import ReliabilityBin
from trending.models.base import Labels, Probabilities

BINS = 15
ALL = "all"
"""In `reliability`: all titles and genres together."""


@dataclass(frozen=True)
class GenreCalibration:
    """One genre on a set of titles. With few titles of the genre, chance alone makes an error."""

    genre: str
    support: int
    """Titles that truly have the genre."""
    calibration_error: float
    """Expected calibration error of the genre's probabilities alone: 0 best."""
    brier: float
    """Mean squared distance of probability and truth (Brier 1950): 0 best."""
    log_loss: float


def genre_calibration(
    truth: Labels, probabilities: Probabilities, genres: Sequence[str]
) -> list[GenreCalibration]:
    """Each genre by itself; arrays `[n, len(genres)]`. Without titles all errors are nan."""
    return [
        GenreCalibration(
            genre=genre,
            support=int(truth[:, k].sum()),
            calibration_error=calibration_error(truth[:, [k]], probabilities[:, [k]])
            if len(truth)
            else math.nan,
            brier=brier(truth[:, [k]], probabilities[:, [k]]) if len(truth) else math.nan,
            log_loss=log_loss(truth[:, [k]], probabilities[:, [k]]) if len(truth) else math.nan,
        )
        for k, genre in enumerate(genres)
    ]


def reliability(
    truth: Labels, probabilities: Probabilities, genres: Sequence[str]
) -> Mapping[str, list[ReliabilityBin]]:
    """The reliability diagram of each genre, and of all together (`ALL`); arrays `[n, len(genres)]`.

    `BINS` equal intervals of probability, from low to high, without the empty ones.
    """
    found = {genre: _bins(truth[:, k], probabilities[:, k]) for k, genre in enumerate(genres)}
    return {ALL: _bins(truth.ravel(), probabilities.ravel()), **found}


def mean_calibration_error(rows: Sequence[GenreCalibration], *, least: int = 0) -> float:
    """Mean over the genres that `least` titles or more have; nan where there is none."""
    errors = [row.calibration_error for row in rows if row.support >= least]
    return float(np.mean(errors)) if errors else math.nan


def error_by_chance(probabilities: Probabilities, *, samples: int = 200, seed: int = 0) -> list[float]:
    """What `calibration_error` of each genre would be on so many titles if its probabilities were exactly right.

    The mean over `samples` draws of the truth from the probabilities `[n, genres]`: an error of this size is no
    evidence against them (Bröcker and Smith 2007 draw their consistency bars so).
    """
    random = np.random.default_rng(seed)
    found = []
    for k in range(probabilities.shape[1]):
        given = probabilities[:, [k]]
        drawn = [calibration_error(random.random(given.shape) < given, given) for _ in range(samples)]
        found.append(float(np.mean(drawn)))
    return found


def brier(truth: Labels, probabilities: Probabilities) -> float:
    """Mean squared distance of probability and truth over all titles and genres, arrays `[n, genres]`."""
    return float(np.mean((probabilities.astype(np.float64) - truth) ** 2))


def log_loss(truth: Labels, probabilities: Probabilities) -> float:
    """Mean of `-log p(truth)` over all titles and genres, arrays `[n, genres]`; lower is better."""
    exact = probabilities.astype(np.float64).clip(1e-7, 1 - 1e-7)
    return float(-np.where(truth, np.log(exact), np.log1p(-exact)).mean())


def calibration_error(truth: Labels, probabilities: Probabilities) -> float:
    """Expected calibration error (Naeini et al. 2015) over all titles and genres, arrays `[n, genres]`.

    The mean distance between the probability given and the share of true genres, over `BINS` equal intervals of
    probability, each with the weight of the answers in it. Of rare genres it says little: most answers are near 0.
    """
    given, true = probabilities.ravel().astype(np.float64), truth.ravel()
    _, given_sum, true_sum = _sums(true, given)
    return float(np.abs(given_sum - true_sum).sum() / max(given.size, 1))


_Sums = tuple[npt.NDArray[np.intp], npt.NDArray[np.float64], npt.NDArray[np.float64]]


def _sums(true: npt.NDArray[np.bool_], given: npt.NDArray[np.float64]) -> _Sums:
    """Of each bin: titles, sum of the probabilities, true ones."""
    bins = np.minimum((given * BINS).astype(int), BINS - 1)
    return (
        np.bincount(bins, minlength=BINS),
        np.bincount(bins, weights=given, minlength=BINS).astype(np.float64),
        np.bincount(bins, weights=true, minlength=BINS).astype(np.float64),
    )


def _bins(true: npt.NDArray[np.bool_], probabilities: npt.NDArray[np.float32]) -> list[ReliabilityBin]:
    titles, given, share = _sums(true, probabilities.astype(np.float64))
    return [
        ReliabilityBin(
            given=float(given[i] / titles[i]), true=float(share[i] / titles[i]), titles=int(titles[i])
        )
        for i in np.flatnonzero(titles)
    ]
