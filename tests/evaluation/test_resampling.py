from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import multinomial
from sklearn import metrics as reference

from trending.evaluation import resampling
from trending.evaluation.resampling import (
    genre_counts,
    genre_f1,
    holm,
    interval,
    macro_f1,
    micro_f1,
    p_value,
    resampled,
)


def everything(titles: int) -> list[np.ndarray]:
    return [np.arange(titles)]


def test_a_resample_draws_as_many_titles_as_there_are_with_the_variance_of_a_multinomial() -> None:
    weights = resampled(np.eye(20), everything(20), samples=4000, seed=1)[:, 0]
    assert set(weights.sum(axis=1)) == {20.0}
    expected = multinomial(20, np.full(20, 1 / 20)).cov()
    assert np.var(weights[:, 0]) == pytest.approx(np.asarray(expected)[0, 0], rel=0.1)
    assert weights.mean() == pytest.approx(1)


def test_the_same_seed_draws_the_same_titles_whatever_is_summed_over_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    columns = np.random.default_rng(0).random((50, 3))
    together = resampled(columns, everything(50), samples=30, seed=5)
    apart = resampled(columns[:, [1]], [np.arange(10), *everything(50)], samples=30, seed=5)
    np.testing.assert_allclose(together[:, 0, 1], apart[:, 1, 0], rtol=1e-6)
    monkeypatch.setattr(resampling, "CELLS", 50 * 7)  # a few resamples at a time
    np.testing.assert_allclose(resampled(columns, everything(50), samples=30, seed=5), together, rtol=1e-6)


def test_a_group_sums_its_own_titles_alone() -> None:
    columns = np.zeros((40, 1))
    columns[:4] = 1
    inside, outside = resampled(columns, [np.arange(4), np.arange(4, 40)], samples=200, seed=0).T[0]
    assert inside.mean() == pytest.approx(4, abs=0.5)
    assert not outside.any()


def test_f1_of_summed_counts_is_that_of_scikit_learn() -> None:
    generator = np.random.default_rng(3)
    truth, chosen = generator.random((200, 4)) < 0.3, generator.random((200, 4)) < 0.4
    counts = genre_counts(truth, chosen).sum(axis=0)
    assert micro_f1(counts) == pytest.approx(reference.f1_score(truth, chosen, average="micro"))
    assert macro_f1(counts) == pytest.approx(reference.f1_score(truth, chosen, average="macro"))
    expected = [reference.f1_score(truth[:, k], chosen[:, k]) for k in range(4)]
    np.testing.assert_allclose(genre_f1(counts), expected, rtol=1e-6)


def test_a_genre_that_does_not_occur_has_no_say_in_macro_f1() -> None:
    truth = np.array([[True, False], [True, False]])
    counts = genre_counts(truth, np.array([[True, True], [True, False]])).sum(axis=0)
    assert macro_f1(counts) == 1.0


def test_an_interval_leaves_out_as_much_on_both_sides() -> None:
    assert interval(np.arange(1001.0)) == pytest.approx((25, 975))


def test_holm_multiplies_the_smallest_by_all_and_keeps_the_order() -> None:
    assert holm(np.array([0.04, 0.01, 0.03])).tolist() == pytest.approx([0.06, 0.03, 0.06])
    assert holm(np.array([0.9, 0.8])).tolist() == [1.0, 1.0]
    assert holm(np.array([])).tolist() == []


def test_a_p_value_is_that_of_the_normal_distribution() -> None:
    draws = np.random.default_rng(0).normal(1.96, 1, 100_000)
    assert p_value(1.96, draws) == pytest.approx(0.05, abs=0.002)
    assert p_value(-1.96, draws) == p_value(1.96, draws)


def test_a_difference_that_never_moves_is_either_nothing_or_certain() -> None:
    assert p_value(0.0, np.zeros(9)) == 1.0
    assert p_value(0.5, np.full(9, 0.5)) == 0.0
