"""How far probabilities can be taken at their word."""

from __future__ import annotations

import numpy as np

from trending.models.base import Labels, Probabilities

BINS = 15


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
    bins = np.minimum((given * BINS).astype(int), BINS - 1)
    given_sum = np.bincount(bins, weights=given, minlength=BINS)
    true_sum = np.bincount(bins, weights=true, minlength=BINS)
    return float(np.abs(given_sum - true_sum).sum() / max(given.size, 1))
