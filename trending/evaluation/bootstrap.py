"""Bootstrap intervals: how far a score would move on another draw of test titles.

Titles are resampled with replacement (Efron 1979, percentile intervals). Two models are compared on the same
draws, so that the luck of the draw cancels out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from trending.evaluation.metrics import HEADLINE, f1_from_counts, title_scores
from trending.models.base import Labels

Draws = Mapping[str, npt.NDArray[np.float64]]
"""For each score its value on every resample, `[samples]`."""

Interval = tuple[float, float]


@dataclass(frozen=True)
class Predictions:
    """One model's answers for the test titles: `chosen` and `probabilities`, `[n, genres]`."""

    chosen: Labels
    probabilities: npt.NDArray[np.float32]


def draw_scores(truth: Labels, models: Sequence[Predictions], *, samples: int, seed: int) -> list[Draws]:
    """Headline scores, and those that are means over titles, of each model on the same `samples` resamples."""
    generator = np.random.default_rng(seed)
    ranked = [_Ranked(truth, model.probabilities) for model in models]
    means = [title_scores(truth, model.chosen, model.probabilities) for model in models]
    draws = [{name: np.empty(samples) for name in (*HEADLINE, *titles)} for titles in means]
    for sample in range(samples):
        weights = np.bincount(generator.integers(0, len(truth), len(truth)), minlength=len(truth))
        support = weights @ truth
        for model, ranking, titles, drawn in zip(models, ranked, means, draws, strict=True):
            true = weights @ (truth & model.chosen)
            given = weights @ model.chosen
            f1 = f1_from_counts(true, given, support)
            drawn["micro_f1"][sample] = f1_from_counts(true.sum(), given.sum(), support.sum())
            drawn["macro_f1"][sample] = f1.mean()
            drawn["weighted_f1"][sample] = (f1 * support).sum() / max(support.sum(), 1)
            drawn["map"][sample] = ranking.mean_average_precision(weights)
            for name, values in titles.items():
                drawn[name][sample] = weights @ values / len(truth)
    return list(draws)


def intervals(draws: Draws, *, level: float = 0.95) -> dict[str, Interval]:
    """Percentile interval of each score."""
    return {name: _interval(values, level) for name, values in draws.items()}


def differences(draws: Draws, baseline: Draws, *, level: float = 0.95) -> dict[str, Interval]:
    """Percentile interval of `draws - baseline`, draw by draw; clear of 0 means a real difference."""
    return {name: _interval(draws[name] - baseline[name], level) for name in draws}


def _interval(values: npt.NDArray[np.float64], level: float) -> Interval:
    low, high = np.quantile(values, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


class _Ranked:
    """Titles sorted once for each genre, so that average precision of a resample needs no new sort."""

    def __init__(self, truth: Labels, probabilities: npt.NDArray[np.float32]) -> None:
        self._order = np.argsort(-probabilities, axis=0, kind="stable")
        self._truth = np.take_along_axis(truth, self._order, axis=0)
        ordered = np.take_along_axis(probabilities, self._order, axis=0)
        # The last position of each run of equal probabilities: only there does a threshold cut.
        self._cuts = np.vstack([ordered[1:] != ordered[:-1], np.ones((1, truth.shape[1]), bool)])

    def mean_average_precision(self, weights: npt.NDArray[np.int64]) -> float:
        """Mean over the genres that occur in the resample; each title counts `weights` times."""
        drawn = weights[self._order]
        true = np.cumsum(drawn * self._truth, axis=0)
        total = np.cumsum(drawn, axis=0)
        found = []
        for k in range(true.shape[1]):
            cut = self._cuts[:, k]
            at, seen = true[cut, k], total[cut, k]
            if at[-1]:
                steps = np.diff(at, prepend=0)
                found.append((steps * at / np.maximum(seen, 1)).sum() / at[-1])
        return float(np.mean(found)) if found else 0.0
