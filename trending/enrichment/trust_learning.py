"""Learning whom to trust about genres: on validation titles, cross-fitted, and only what is clear of chance.

The weight and the scales are chosen on some validation titles and judged on others, fold by fold, so that the
gain is one that the rule did not fit. The thresholds are the classifier's own; they were tuned on these same
titles, which favours the classifier alone: a gain that shows all the same is real.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from trending.enrichment.trust import Trust, add_evidence, log_odds
from trending.errors import EnrichmentError
from trending.evaluation.bootstrap import Interval, Predictions, differences, draw_scores, intervals
from trending.evaluation.metrics import f1_from_counts
from trending.models.base import Labels
from trending.models.thresholds import tune_thresholds

WEIGHTS = tuple(np.round(np.arange(0, 1.01, 0.05), 2).tolist())
FOLDS = 5
MIN_TITLES = 20
"""On fewer titles nothing can be learnt."""
PENALTY = 2.0
"""Ridge penalty that draws the scale of a genre towards that of all genres, and that one towards 0."""

Matrix = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Judged:
    """One way of giving genres, on the validation titles."""

    name: str
    macro_f1: float
    macro_f1_ci95: Interval
    micro_f1: float
    micro_f1_ci95: Interval
    gain_ci95: Interval | None
    """95% interval of the difference of macro-F1 from the classifier alone, paired; None for itself."""


@dataclass(frozen=True)
class Learnt:
    """The rule, and the figures that it stands on."""

    trust: Trust
    judged: tuple[Judged, ...]
    """Classifier, language model, both."""

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "trust": self.trust.as_json(),
            "judged": [vars(one) for one in self.judged],
        }


def learn_trust(
    truth: Labels,
    classifier: Matrix,
    llm: Matrix,
    thresholds: Sequence[float],
    genres: Sequence[str],
    *,
    llm_model: str = "",
    classifier_version: str = "",
    samples: int = 1000,
    seed: int = 0,
) -> Learnt:
    """The rule for arrays `[n, len(genres)]`: truth and both probabilities of the same validation titles.

    The weight is 0 unless the 95% interval of the gain in macro-F1 lies above zero. Raises `EnrichmentError` for
    fewer than `MIN_TITLES` titles.
    """
    if len(truth) < MIN_TITLES:
        raise EnrichmentError(
            f"{len(truth)} validation titles cannot tell whom to trust; at least {MIN_TITLES} are needed."
        )
    limits = np.asarray(thresholds)
    said = log_odds(llm)
    unseen, alone = _cross_fitted(truth, classifier, said, limits, seed=seed)
    answers = [
        Predictions(classifier >= limits, classifier.astype(np.float32)),
        alone,
        Predictions(unseen >= limits, unseen.astype(np.float32)),
    ]
    judged = _judged(truth, answers, samples=samples, seed=seed)
    scaling = _fit(truth, said)
    best = _best_weight(truth, classifier, scaling.evidence(said), limits)
    gain_ci95 = judged[2].gain_ci95 or (0.0, 0.0)
    trust = Trust(
        weight=best if gain_ci95[0] > 0 else 0.0,
        scales=dict(zip(genres, scaling.scales.tolist(), strict=True)),
        centres=dict(zip(genres, scaling.centres.tolist(), strict=True)),
        priors=dict(zip(genres, scaling.priors.tolist(), strict=True)),
        llm_model=llm_model,
        classifier_version=classifier_version,
        titles=len(truth),
        best_weight=best,
        gain=judged[2].macro_f1 - judged[0].macro_f1,
        gain_ci95=gain_ci95,
    )
    return Learnt(trust, judged)


def _cross_fitted(
    truth: Labels, classifier: Matrix, said: Matrix, limits: Matrix, *, seed: int
) -> tuple[Matrix, Predictions]:
    """The mix, and the language model alone, on titles that neither weight, scales nor thresholds saw."""
    unseen, alone = np.empty_like(classifier), np.empty_like(classifier)
    chosen = np.zeros(truth.shape, bool)
    for held in np.array_split(np.random.default_rng(seed).permutation(len(truth)), FOLDS):
        seen = np.setdiff1d(np.arange(len(truth)), held)
        scaling = _fit(truth[seen], said[seen])
        there, here = scaling.evidence(said[seen]), scaling.evidence(said[held])
        weight = _best_weight(truth[seen], classifier[seen], there, limits)
        unseen[held] = add_evidence(classifier[held], here, weight)
        alone[held] = _probability(scaling.priors + here)
        own = tune_thresholds(truth[seen], _probability(scaling.priors + there).astype(np.float32))
        chosen[held] = alone[held] >= np.asarray(own)
    return unseen, Predictions(chosen, alone.astype(np.float32))


@dataclass(frozen=True)
class _Scaling:
    """Arrays `[genres]`; see `Trust`."""

    scales: Matrix
    centres: Matrix
    priors: Matrix

    def evidence(self, said: Matrix) -> Matrix:
        return self.scales * (said - self.centres)


def _fit(truth: Labels, said: Matrix) -> _Scaling:
    """Platt's scaling (1999) of each genre, its slope drawn towards the one slope of all genres."""
    centres = said.mean(axis=0)
    centred = said - centres
    common, _ = _platt(centred.ravel(), truth.ravel(), towards=0.0)
    pairs = [_platt(centred[:, k], truth[:, k], towards=common) for k in range(truth.shape[1])]
    scales, priors = zip(*pairs, strict=True)
    return _Scaling(np.array(scales), centres, np.array(priors))


def _platt(centred: Matrix, truth: npt.NDArray[np.bool_], *, towards: float) -> tuple[float, float]:
    """Slope, never negative, and prior with the best likelihood less `PENALTY (slope - towards)^2`.

    Half a title with the genre and half a one without keep the prior finite where all or none have it.
    """
    from scipy.optimize import minimize

    rows = np.append(centred, [0.0, 0.0])
    target = np.append(truth.astype(float), [0.0, 1.0])
    weights = np.append(np.ones(len(centred)), [0.5, 0.5])

    def loss(found: Matrix) -> tuple[float, Matrix]:
        slope, prior = found
        log_odds = slope * rows + prior
        error = weights * (_probability(log_odds) - target)
        value = float(weights @ (np.logaddexp(0, log_odds) - target * log_odds))
        return value + PENALTY * (slope - towards) ** 2, np.array(
            [error @ rows + 2 * PENALTY * (slope - towards), error.sum()]
        )

    found = minimize(loss, [towards, 0.0], jac=True, method="L-BFGS-B", bounds=[(0, None), (None, None)])
    return float(found.x[0]), float(found.x[1])


def _best_weight(truth: Labels, classifier: Matrix, evidence: Matrix, limits: Matrix) -> float:
    """The weight with the best macro-F1; of equals the smallest."""
    found = [_macro_f1(truth, add_evidence(classifier, evidence, weight) >= limits) for weight in WEIGHTS]
    return WEIGHTS[int(np.argmax(np.round(found, 9)))]


def _judged(truth: Labels, answers: Sequence[Predictions], *, samples: int, seed: int) -> tuple[Judged, ...]:
    draws = draw_scores(truth, answers, samples=samples, seed=seed)
    found = []
    for name, answer, drawn in zip(("classifier", "language model", "both"), answers, draws, strict=True):
        ci95 = intervals(drawn)
        true, given, support = (truth & answer.chosen).sum(), answer.chosen.sum(), truth.sum()
        found.append(
            Judged(
                name=name,
                macro_f1=_macro_f1(truth, answer.chosen),
                macro_f1_ci95=ci95["macro_f1"],
                micro_f1=float(f1_from_counts(true, given, support)),
                micro_f1_ci95=ci95["micro_f1"],
                gain_ci95=None if drawn is draws[0] else differences(drawn, draws[0])["macro_f1"],
            )
        )
    return tuple(found)


def _macro_f1(truth: Labels, chosen: npt.NDArray[np.bool_]) -> float:
    return float(f1_from_counts((truth & chosen).sum(axis=0), chosen.sum(axis=0), truth.sum(axis=0)).mean())


def _probability(log_odds: Matrix) -> Matrix:
    from scipy.special import expit

    return expit(log_odds)
