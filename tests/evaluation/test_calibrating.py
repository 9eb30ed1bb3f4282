from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit

from trending.evaluation.calibrating import FittedCalibration, fit_calibration, fit_calibrator
from trending.evaluation.calibration import calibration_error
from trending.models.base import Labels, Probabilities
from trending.models.calibrators import log_odds
from trending.settings import CalibrationSettings

GENRES = ("Sharp", "Shifted", "Bent", "Right", "Rare")


def draw(titles: int, seed: int) -> tuple[Labels, Probabilities]:
    """Labels of five genres, and what a model that is wrong in a way of its own for each says of them."""
    random = np.random.default_rng(seed)
    logits = random.normal([-1, -1, -1, -1, -5.5], [2, 2, 1.2, 2, 0.5], (titles, 5))
    truth = random.random(logits.shape) < expit(logits)
    given = logits.copy()
    given[:, 0] = 2.5 * logits[:, 0]
    given[:, 1] = logits[:, 1] + 1.5
    given[:, 2] = np.where(logits[:, 2] < -1, logits[:, 2], 4 * logits[:, 2] + 3)
    given[:, 4] = logits[:, 4] + 2
    return truth, expit(given).astype(np.float32)


def fit(truth: Labels, given: Probabilities, **settings: object) -> FittedCalibration:
    chosen = CalibrationSettings.model_validate(settings)
    return fit_calibration(truth, given, GENRES, groups=[str(i) for i in range(len(truth))], settings=chosen)


def test_other_titles_get_probabilities_that_come_true() -> None:
    found = fit(*draw(3000, seed=1))
    truth, given = draw(20_000, seed=2)
    after = found.calibration.apply(given)
    for k in range(3):
        column = [k]
        before = calibration_error(truth[:, column], given[:, column])
        assert before > 0.05
        assert calibration_error(truth[:, column], after[:, column]) < min(before / 3, 0.025)
    assert calibration_error(truth[:, [3]], after[:, [3]]) < 0.02


def test_each_genre_gets_the_simplest_curve_that_its_fault_asks_for() -> None:
    found = fit(*draw(3000, seed=1))
    methods = {one.genre: one.method for one in found.genres}
    assert methods["Sharp"] in ("temperature", "platt")
    assert methods["Shifted"] == "platt"
    assert methods["Bent"] == "isotonic"
    assert methods["Right"] == "identity"
    assert methods == dict(zip(GENRES, (one.method for one in found.calibration.calibrators), strict=True))


def test_a_genre_of_few_titles_keeps_the_models_probability_and_one_of_some_has_no_steps() -> None:
    truth, given = draw(3000, seed=1)
    rare = next(one for one in fit(truth, given, least_titles=50).genres if one.genre == "Rare")
    assert rare.support < 50
    assert rare.method == "identity"
    assert set(rare.log_loss) == {"identity"}
    some = next(one for one in fit(truth, given, least_titles=3).genres if one.genre == "Rare")
    assert set(some.log_loss) == {"identity", "temperature", "platt"}


def test_the_penalty_holds_the_curve_of_few_titles_near_the_models_own() -> None:
    truth, given = draw(40, seed=3)
    column, chosen = given[:, 1].astype(np.float64), truth[:, 1]
    loose = fit_calibrator("platt", chosen, column, penalty=0)
    tight = fit_calibrator("platt", chosen, column, penalty=100)
    assert abs(tight.intercept) < abs(loose.intercept) / 2
    assert abs(tight.slope - 1) < 0.2


def test_only_the_curves_of_the_settings_are_chosen() -> None:
    found = fit(*draw(3000, seed=1), methods=["temperature"])
    assert {one.method for one in found.genres} <= {"identity", "temperature"}


def test_a_curve_is_judged_on_works_that_it_was_not_fitted_on() -> None:
    # Each work occurs many times, and its titles agree: in one fold with itself it would look predictable.
    random = np.random.default_rng(4)
    works = random.random(60)
    truth = np.repeat(random.random(60) < 0.5, 30).reshape(-1, 1)
    given = np.repeat(works, 30).astype(np.float32).reshape(-1, 1)
    settings = CalibrationSettings()

    def chosen(groups: list[str]) -> float:
        found = fit_calibration(truth, given, ["A"], groups=groups, settings=settings)
        return found.genres[0].log_loss["isotonic"]

    apart = chosen([str(i) for i in range(1800)])
    together = chosen([str(i // 30) for i in range(1800)])
    assert together > apart + 0.02


def test_the_figures_are_those_of_titles_that_the_curves_have_not_seen() -> None:
    truth, given = draw(3000, seed=1)
    found = fit(truth, given)
    measured = found.measured()
    assert measured["calibration_error"] < measured["calibration_error_before"] / 2
    assert measured["brier"] < measured["brier_before"]
    bent = next(one for one in found.genres if one.genre == "Bent")
    seen = found.calibration.apply(given)[:, [2]]
    assert bent.calibration_error > calibration_error(truth[:, [2]], seen)


def test_isotonic_is_never_sure_and_keeps_the_order_of_titles() -> None:
    given = np.linspace(0.001, 0.4, 500)
    curve = fit_calibrator("isotonic", given > 0.2, given, penalty=0)
    found = curve.apply(given)
    assert (np.diff(found) > 0).all()
    assert np.isfinite(log_odds(found)).all()
    assert found[100] > 0


@pytest.mark.parametrize("constant", [0.0, 0.3, 1.0])
def test_a_model_that_says_the_same_of_all_titles_gets_their_share_at_the_most(constant: float) -> None:
    truth = np.arange(400).reshape(-1, 1) % 5 == 0
    given = np.full((400, 1), constant, np.float32)
    found = fit_calibration(
        truth, given, ["A"], groups=[str(i) for i in range(400)], settings=CalibrationSettings()
    )
    after = found.calibration.apply(given)
    assert np.isfinite(after).all()
    assert abs(after[0, 0] - 0.2) <= abs(constant - 0.2) + 1e-6
