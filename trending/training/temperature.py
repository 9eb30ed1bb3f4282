"""One number that makes the probabilities of a network as sure as they should be."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from trending.evaluation.calibration import calibration_error, log_loss
from trending.models.base import Labels

LEAST, MOST = 0.2, 5.0
"""Temperatures outside these say that the logits are broken, not that they are over-confident."""


@dataclass(frozen=True)
class Calibration:
    """A temperature and what it brought on validation."""

    temperature: float
    log_loss_before: float
    log_loss: float
    calibration_error_before: float
    calibration_error: float

    def as_json(self) -> dict[str, float]:
        """Plain values."""
        return asdict(self)


def fit_temperature(truth: Labels, logits: npt.NDArray[np.float32]) -> Calibration:
    """The temperature with the least multi-label log loss (Guo et al. 2017); arrays `[n, genres]`.

    It changes no order of titles within a genre. It lies between `LEAST` and `MOST`.
    """
    from scipy.optimize import minimize_scalar
    from scipy.special import expit

    def loss(log_temperature: float) -> float:
        # log(1 + e^z) - y z, in which no probability is ever rounded to 0 or 1.
        scaled = logits.astype(np.float64) / math.exp(log_temperature)
        return float((np.logaddexp(0, scaled) - truth * scaled).mean())

    found: Any = minimize_scalar(loss, bounds=(math.log(LEAST), math.log(MOST)), method="bounded")
    temperature = math.exp(float(found.x))
    before, after = expit(logits), expit(logits / np.float32(temperature))
    return Calibration(
        temperature=temperature,
        log_loss_before=log_loss(truth, before),
        log_loss=log_loss(truth, after),
        calibration_error_before=calibration_error(truth, before),
        calibration_error=calibration_error(truth, after),
    )
