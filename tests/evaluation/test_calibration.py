from __future__ import annotations

import numpy as np
import pytest

from trending.evaluation.calibration import (
    ALL,
    brier,
    calibration_error,
    error_by_chance,
    genre_calibration,
    log_loss,
    mean_calibration_error,
    reliability,
)


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


def test_each_genre_is_judged_by_itself() -> None:
    truth = np.array([[True, False], [False, False], [True, True], [False, False]])
    given = np.array([[0.9, 0.25], [0.1, 0.25], [0.9, 0.25], [0.1, 0.25]], np.float32)
    first, second = genre_calibration(truth, given, ["A", "B"])
    assert (first.genre, first.support, second.support) == ("A", 2, 1)
    assert first.calibration_error == pytest.approx(0.1, abs=1e-6)
    assert second.calibration_error == pytest.approx(0, abs=1e-6)
    assert first.brier == pytest.approx(0.01, abs=1e-6)
    assert second.brier == pytest.approx(0.25 * 0.75**2 + 0.75 * 0.25**2)
    assert first.log_loss == pytest.approx(-np.log(0.9), rel=1e-5)
    assert brier(truth, given) == pytest.approx((first.brier + second.brier) / 2)


def test_the_mean_leaves_out_genres_of_too_few_titles() -> None:
    truth = np.array([[True, False], [True, True]])
    rows = genre_calibration(truth, np.full((2, 2), 0.5, np.float32), ["A", "B"])
    assert mean_calibration_error(rows) == pytest.approx(0.25)
    assert mean_calibration_error(rows, least=2) == pytest.approx(0.5)
    assert np.isnan(mean_calibration_error(rows, least=3))


def test_a_reliability_diagram_holds_every_title_once_and_agrees_with_the_error() -> None:
    random = np.random.default_rng(0)
    given = random.random((300, 2)).astype(np.float32)
    truth = random.random((300, 2)) < given**2
    found = reliability(truth, given, ["A", "B"])
    assert list(found) == [ALL, "A", "B"]
    assert sum(one.titles for one in found[ALL]) == 600
    for k, genre in enumerate(["A", "B"]):
        bars = found[genre]
        assert [one.given for one in bars] == sorted(one.given for one in bars)
        error = sum(abs(one.given - one.true) * one.titles for one in bars) / 300
        assert error == pytest.approx(calibration_error(truth[:, [k]], given[:, [k]]))


def test_no_title_has_no_bar_and_no_number() -> None:
    nothing = np.zeros((0, 1))
    assert reliability(nothing.astype(bool), nothing.astype(np.float32), ["A"]) == {ALL: [], "A": []}
    (row,) = genre_calibration(nothing.astype(bool), nothing.astype(np.float32), ["A"])
    assert np.isnan(row.brier)


def test_chance_alone_makes_a_larger_error_on_fewer_titles() -> None:
    many = np.random.default_rng(1).random((4000, 1)).astype(np.float32)
    (by_many,), (by_few,) = error_by_chance(many), error_by_chance(many[:100])
    truth = np.random.default_rng(2).random((4000, 1)) < many
    assert 0 < by_many < 0.03 < by_few
    assert calibration_error(truth, many) == pytest.approx(by_many, abs=0.01)
