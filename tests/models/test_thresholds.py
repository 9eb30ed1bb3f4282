from __future__ import annotations

import numpy as np
import pytest

from trending.models.thresholds import tune_thresholds


def test_a_frequent_genre_gets_the_threshold_that_separates_it() -> None:
    generator = np.random.default_rng(0)
    truth = generator.random((4000, 1)) < 0.4
    probabilities = np.where(truth, 0.32, 0.28).astype(np.float32)
    (threshold,) = tune_thresholds(truth, probabilities)
    assert threshold == pytest.approx(0.30, abs=0.02)


def test_a_rare_genre_is_drawn_to_the_common_threshold() -> None:
    generator = np.random.default_rng(0)
    common = generator.random((1000, 1)) < 0.5
    rare = np.zeros((1000, 1), bool)
    rare[0] = True
    probabilities = np.hstack([np.where(common, 0.6, 0.4), np.full((1000, 1), 0.06)]).astype(np.float32)
    probabilities[0, 1] = 0.08
    first, second = tune_thresholds(np.hstack([common, rare]), probabilities)
    assert abs(second - first) < 0.05


def test_a_genre_without_a_validation_title_gets_the_common_threshold() -> None:
    truth = np.array([[True, False]] * 10 + [[False, False]] * 10)
    probabilities = np.array([[0.7, 0.1]] * 10 + [[0.2, 0.1]] * 10, np.float32)
    first, second = tune_thresholds(truth, probabilities)
    assert first == second
