from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit

from trending.training.temperature import LEAST, MOST, fit_temperature


def draw(seed: int = 5) -> tuple[np.ndarray, np.ndarray]:
    """Labels drawn from the probabilities of logits."""
    random = np.random.default_rng(seed)
    logits = random.normal(-1, 2, (3000, 4)).astype(np.float32)
    return random.random(logits.shape) < expit(logits), logits


@pytest.mark.parametrize("factor", [0.5, 1.0, 3.0])
def test_the_temperature_takes_back_by_how_much_logits_are_too_sure(factor: float) -> None:
    truth, logits = draw()
    found = fit_temperature(truth, logits * np.float32(factor))
    assert found.temperature == pytest.approx(factor, rel=0.08)
    assert found.log_loss <= found.log_loss_before
    if factor != 1.0:
        assert found.calibration_error < found.calibration_error_before / 2


def test_logits_that_say_nothing_do_not_make_it_run_away() -> None:
    truth, logits = draw()
    assert fit_temperature(~truth, logits).temperature == pytest.approx(MOST, rel=1e-3)
    assert fit_temperature(logits > 0, logits).temperature == pytest.approx(LEAST, rel=1e-3)
