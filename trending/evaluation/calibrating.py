"""Which curve makes each genre's probabilities come true: fitted on validation, and chosen there out of fold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from trending.evaluation.calibration import genre_calibration
from trending.features.documents import DocumentSet
from trending.models.base import Labels, Probabilities
from trending.models.calibrators import Calibration, Calibrator, Method, log_odds
from trending.settings import CalibrationSettings, TrainSettings

LEAST_SLOPE = 0.05
"""A curve that is flatter would say the same of every title."""

_Truth = npt.NDArray[np.bool_]
_Given = npt.NDArray[np.float64]


@dataclass(frozen=True)
class ChosenCalibrator:
    """The curve of one genre, and why it was chosen. All losses and errors are of validation titles."""

    genre: str
    method: Method
    support: int
    """Validation titles that have the genre."""
    log_loss: Mapping[str, float]
    """Of each curve that the genre has titles enough for, on titles that it was not fitted on."""
    calibration_error_before: float
    calibration_error: float
    """Also on titles that the curve was not fitted on."""
    brier_before: float
    brier: float


@dataclass(frozen=True)
class FittedCalibration:
    """The curves of all genres, and what they brought on validation."""

    calibration: Calibration
    genres: list[ChosenCalibrator]

    def measured(self) -> dict[str, Any]:
        """What a bundle's manifest keeps beside the curves."""
        return {
            "titles_of": "validation, out of fold",
            "calibration_error_before": float(np.mean([one.calibration_error_before for one in self.genres])),
            "calibration_error": float(np.mean([one.calibration_error for one in self.genres])),
            "brier_before": float(np.mean([one.brier_before for one in self.genres])),
            "brier": float(np.mean([one.brier for one in self.genres])),
            "genres": [asdict(one) for one in self.genres],
        }


def fit_calibration(
    truth: Labels,
    probabilities: Probabilities,
    genres: Sequence[str],
    *,
    groups: Sequence[str],
    settings: CalibrationSettings,
    seed: int = 0,
) -> FittedCalibration:
    """The curve of each genre; arrays `[n, len(genres)]`, of validation titles. `groups`: the work of each title.

    Chosen is the curve with the least log loss on folds that it was not fitted on, but one with more numbers only
    where its gain over the simpler one is more than a standard error of that gain (the rule of Breiman et al. 1984,
    on differences paired by title). A genre with few titles has no such choice (`CalibrationSettings`): its curve is
    the model's own or held near it by the penalty.
    """
    folds = group_folds(groups, settings.folds, seed)
    curves, held = [], np.array(probabilities, np.float64)
    reasons: list[tuple[Method, dict[str, float]]] = []
    for k in range(len(genres)):
        true, given = truth[:, k], probabilities[:, k].astype(np.float64)
        answers: dict[Method, npt.NDArray[np.float64]] = {
            method: _out_of_fold(method, true, given, folds, settings) for method in _allowed(true, settings)
        }
        losses: dict[Method, npt.NDArray[np.float64]] = {}
        for method, answer in answers.items():
            losses[method] = _losses(true, answer)
        method = _choose(losses)
        held[:, k] = answers[method]
        curves.append(fit_calibrator(method, true, given, penalty=settings.penalty))
        reasons.append((method, {name: float(loss.mean()) for name, loss in losses.items()}))
    before = genre_calibration(truth, probabilities, genres)
    after = genre_calibration(truth, held.astype(np.float32), genres)
    chosen = [
        ChosenCalibrator(
            genre=old.genre,
            method=method,
            support=old.support,
            log_loss=loss,
            calibration_error_before=old.calibration_error,
            calibration_error=new.calibration_error,
            brier_before=old.brier,
            brier=new.brier,
        )
        for old, new, (method, loss) in zip(before, after, reasons, strict=True)
    ]
    return FittedCalibration(Calibration(tuple(curves)), chosen)


def fit_on(
    validation: DocumentSet, probabilities: Probabilities, settings: TrainSettings
) -> FittedCalibration:
    """The same, of a model that gave these titles the probabilities `[n, genres]`."""
    return fit_calibration(
        validation.labels,
        probabilities,
        validation.genres,
        groups=validation.title_keys,
        settings=settings.calibration,
        seed=settings.seed,
    )


def fit_calibrator(method: Method, truth: _Truth, given: _Given, *, penalty: float) -> Calibrator:
    """The curve of one kind with the least log loss (isotonic: squared error) on these titles, arrays `[n]`."""
    if method == "identity":
        return Calibrator()
    if method == "isotonic":
        return Calibrator(method, knots=_isotonic_knots(truth, given))
    slope, intercept = _fit_line(truth, log_odds(given), penalty, with_intercept=method == "platt")
    return Calibrator(method, slope, intercept)


def _allowed(truth: _Truth, settings: CalibrationSettings) -> list[Method]:
    """The curves that a genre has titles enough for, simplest first."""
    scarcer = min(int(truth.sum()), int((~truth).sum()))
    least: dict[Method, int] = {
        "temperature": settings.least_titles,
        "platt": settings.least_titles,
        "isotonic": settings.least_isotonic,
    }
    return [
        "identity",
        *(name for name, count in least.items() if name in settings.methods and scarcer >= count),
    ]


def _choose(losses: Mapping[Method, npt.NDArray[np.float64]]) -> Method:
    best, *others = losses
    for method in others:
        gain = losses[best] - losses[method]
        if gain.mean() > gain.std() / np.sqrt(len(gain)):
            best = method
    return best


def _out_of_fold(
    method: Method, truth: _Truth, given: _Given, folds: npt.NDArray[np.int64], settings: CalibrationSettings
) -> _Given:
    """Each title's probability by the curve of the other folds."""
    if method == "identity":
        return given
    found = np.empty_like(given)
    for fold in np.unique(folds):
        held = folds == fold
        curve = fit_calibrator(method, truth[~held], given[~held], penalty=settings.penalty)
        found[held] = curve.apply(given[held])
    return found


def _losses(truth: _Truth, given: _Given) -> npt.NDArray[np.float64]:
    return np.logaddexp(0, np.where(truth, -1, 1) * log_odds(given))


def _fit_line(truth: _Truth, logits: _Given, penalty: float, *, with_intercept: bool) -> tuple[float, float]:
    """Slope and intercept on log-odds; the penalty is on what differs from 1 and 0."""
    from scipy.optimize import minimize
    from scipy.special import expit

    def loss(values: npt.NDArray[np.float64]) -> tuple[float, npt.NDArray[np.float64]]:
        slope, intercept = values
        lines = slope * logits + intercept
        residual = expit(lines) - truth
        total = (np.logaddexp(0, lines) - truth * lines).sum()
        total += penalty / 2 * ((slope - 1) ** 2 + intercept**2)
        steps = [residual @ logits + penalty * (slope - 1), residual.sum() + penalty * intercept]
        return float(total) / len(truth), np.array(steps) / len(truth)

    bounds = [(LEAST_SLOPE, None), (None, None) if with_intercept else (0, 0)]
    found: Any = minimize(loss, np.array([1.0, 0.0]), jac=True, method="L-BFGS-B", bounds=bounds)
    return float(found.x[0]), float(found.x[1])


def _isotonic_knots(truth: _Truth, given: _Given) -> tuple[tuple[float, float], ...]:
    """A knot in the middle of each step of the isotonic regression (pool adjacent violators), joined by lines.

    Lines instead of steps, so that titles keep their order. A step counts as one title more than it has, with the
    genre's overall share: the lowest would else be sure that none of its titles has the genre.
    """
    from sklearn.isotonic import IsotonicRegression

    steps = IsotonicRegression(y_min=0, y_max=1).fit_transform(given, truth.astype(np.float64))
    _, step = np.unique(steps, return_inverse=True)
    titles = np.bincount(step)
    middles = np.bincount(step, weights=given) / titles
    shares = np.maximum.accumulate((np.bincount(step, weights=truth) + truth.mean()) / (titles + 1))
    inside = (middles > 0) & (middles < 1)
    knots = zip(middles[inside].tolist(), shares[inside].tolist(), strict=True)
    return ((0.0, 0.0), *knots, (1.0, 1.0))


def group_folds(groups: Sequence[str], folds: int, seed: int) -> npt.NDArray[np.int64]:
    """The fold of each title, `[n]`, from 0 on: titles of one group (their work) share one."""
    from sklearn.model_selection import GroupKFold

    found = np.zeros(len(groups), np.int64)
    splitter = GroupKFold(min(folds, len(set(groups))), shuffle=True, random_state=seed)
    for fold, (_, held) in enumerate(splitter.split(found, groups=np.asarray(groups))):
        found[held] = fold
    return found
