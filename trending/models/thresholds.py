"""From which probability on a genre is assigned."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from trending.models.base import Labels, Probabilities

GRID = np.arange(0.05, 0.80, 0.01)
SHRINKAGE = 20.0
"""Validation titles of a genre at which its own best threshold and the common one weigh the same."""


def tune_thresholds(truth: Labels, probabilities: Probabilities) -> tuple[float, ...]:
    """The threshold of each genre with the best F1 on validation titles; arrays `[n, genres]`.

    A genre with few titles would fit the noise, so its threshold is drawn towards the common one (best micro-F1)
    with the weight of `SHRINKAGE` titles.
    """
    counts = [_counts(truth, probabilities >= threshold) for threshold in GRID]
    true = np.array([c[0] for c in counts])
    given = np.array([c[1] for c in counts])
    support = truth.sum(axis=0)
    common = GRID[np.argmax(2 * true.sum(axis=1) / np.maximum(given.sum(axis=1) + support.sum(), 1))]
    own = GRID[np.argmax(2 * true / np.maximum(given + support, 1), axis=0)]
    weight = support / (support + SHRINKAGE)
    return tuple(np.round(weight * own + (1 - weight) * common, 4).tolist())


def _counts(truth: Labels, chosen: Labels) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    return (truth & chosen).sum(axis=0), chosen.sum(axis=0)
