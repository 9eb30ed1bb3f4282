from __future__ import annotations

import numpy as np
import pytest

from trending.evaluation.bootstrap import Predictions, differences, draw_scores, intervals
from trending.evaluation.metrics import HEADLINE, scores

GENRES = ("Comedy", "Drama", "Horror")


def predictions(truth: np.ndarray, *, signal: float, seed: int) -> Predictions:
    generator = np.random.default_rng(seed)
    probabilities = np.clip(signal * truth + generator.random(truth.shape) * 0.7, 0, 1).astype(np.float32)
    return Predictions(probabilities > 0.5, probabilities)


@pytest.fixture
def truth() -> np.ndarray:
    return np.random.default_rng(3).random((300, 3)) < [0.5, 0.3, 0.1]


def test_intervals_hold_the_score_itself(truth: np.ndarray) -> None:
    model = predictions(truth, signal=0.4, seed=1)
    (draws,) = draw_scores(truth, [model], samples=300, seed=0)
    point = scores(truth, model.chosen, model.probabilities, GENRES).overall()
    for name, (low, high) in intervals(draws).items():
        assert low < point[name] < high
        assert np.mean(draws[name]) == pytest.approx(point[name], abs=0.02)


def test_average_precision_of_a_resample_is_that_of_the_repeated_rows(truth: np.ndarray) -> None:
    probabilities = np.random.default_rng(5).integers(0, 8, truth.shape).astype(np.float32) / np.float32(
        8
    )  # many ties
    model = Predictions(probabilities > 0.5, probabilities)
    (draws,) = draw_scores(truth, [model], samples=1, seed=7)
    rows = np.random.default_rng(7).integers(0, len(truth), len(truth))
    expected = scores(truth[rows], model.chosen[rows], probabilities[rows], GENRES)
    resampled = expected.overall()
    assert set(expected.headline()) < set(draws) < set(resampled)
    for name, (value,) in draws.items():
        assert value == pytest.approx(resampled[name])


def test_the_paired_difference_of_a_model_with_itself_is_nothing(truth: np.ndarray) -> None:
    model = predictions(truth, signal=0.4, seed=1)
    first, second = draw_scores(truth, [model, model], samples=50, seed=0)
    assert set(differences(first, second).values()) == {(0.0, 0.0)}


def test_a_clearly_better_model_has_an_interval_clear_of_zero(truth: np.ndarray) -> None:
    good, bad = predictions(truth, signal=0.5, seed=1), predictions(truth, signal=0.1, seed=2)
    one, other = draw_scores(truth, [good, bad], samples=200, seed=0)
    gains = differences(one, other)
    assert all(gains[name][0] > 0 for name in (*HEADLINE, "samples_f1", "hit_at_1", "exact_match"))


def test_the_same_seed_gives_the_same_interval(truth: np.ndarray) -> None:
    model = predictions(truth, signal=0.4, seed=1)
    first, second = (intervals(draw_scores(truth, [model], samples=40, seed=9)[0]) for _ in range(2))
    assert first == second
