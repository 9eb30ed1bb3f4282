from __future__ import annotations

import numpy as np
import pytest

from trending.evaluation.calibration import calibration_error, log_loss


def test_log_loss_of_known_answers() -> None:
    truth = np.array([[True, False]])
    given = np.array([[0.8, 0.25]], np.float32)
    assert log_loss(truth, given) == pytest.approx(-(np.log(0.8) + np.log(0.75)) / 2, rel=1e-6)


def test_certainty_that_is_wrong_costs_much_but_not_everything() -> None:
    assert 10 < log_loss(np.array([[True]]), np.array([[0.0]], np.float32)) < 20


def test_probabilities_that_come_true_as_often_as_they_say_have_no_error() -> None:
    given = np.full((10, 1), 0.3, np.float32)
    truth = np.arange(10).reshape(-1, 1) < 3
    assert calibration_error(truth, given) == pytest.approx(0, abs=1e-7)
    assert calibration_error(np.ones_like(truth), given) == pytest.approx(0.7, abs=1e-6)


def test_errors_of_different_answers_do_not_cancel() -> None:
    given = np.array([[0.9], [0.1]], np.float32)
    assert calibration_error(np.array([[False], [True]]), given) == pytest.approx(0.9, abs=1e-6)
