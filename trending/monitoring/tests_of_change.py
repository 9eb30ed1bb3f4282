"""Two samples held against each other: how far apart they are, and whether chance alone would do that.

Each gives an effect between 0 and 1 that does not grow with the number of titles, and a p-value that does.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating]
LEAST_EXPECTED = 5.0
"""Titles that a category must be expected to have; rarer ones are counted together."""
LEAST_ROWS = 20
"""Of each sample; with fewer a classifier learns nothing."""
NEIGHBOURS = 3
"""As many reference rows a row of the window, at the most, are told apart from it."""


@dataclass(frozen=True)
class Change:
    """What a test of two samples found."""

    before: float
    after: float
    effect: float
    """0: none. 1: nothing in common."""
    p_value: float


def shift_of_values(before: Floats, after: Floats) -> Change:
    """Numbers `[n]` and `[m]` by their ranks (Mann and Whitney, 1947); the medians.

    The effect is how much more often than in half of all pairs the value of one sample is the larger one, doubled.
    """
    from scipy.stats import mannwhitneyu

    if (
        not len(before)
        or not len(after)
        or (np.ptp(before) == 0 and np.ptp(after) == 0 and before[0] == after[0])
    ):
        return Change(_median(before), _median(after), 0.0, 1.0)
    found = mannwhitneyu(after, before, alternative="two-sided", method="asymptotic")
    area = float(found.statistic) / (len(before) * len(after))
    return Change(_median(before), _median(after), abs(2 * area - 1), float(found.pvalue))


def shift_of_share(before: npt.NDArray[np.bool_], after: npt.NDArray[np.bool_]) -> Change:
    """Shares of true `[n]` and `[m]`, by Fisher's exact test.

    The effect is the distance of the shares over the larger one: 0.5 where one is the double of the other.
    """
    from scipy.stats import fisher_exact

    if not len(before) or not len(after):
        return Change(_mean(before), _mean(after), 0.0, 1.0)
    table = [[int(part.sum()), int(len(part) - part.sum())] for part in (before, after)]
    shares = _mean(before), _mean(after)
    largest = max(shares)
    effect = abs(shares[1] - shares[0]) / largest if largest else 0.0
    return Change(*shares, effect, float(fisher_exact(table)[1]))  # pyright: ignore[reportArgumentType]


def shift_of_mix(before: npt.NDArray[np.str_], after: npt.NDArray[np.str_]) -> Change:
    """Categories `[n]` and `[m]`, by Pearson's chi-squared test; the share of the category that moved furthest.

    The effect is the share of titles that would have to change their category (total variation).
    """
    from scipy.stats import chi2_contingency

    names = sorted({*before.tolist(), *after.tolist()})
    counts = np.array([[np.count_nonzero(part == name) for name in names] for part in (before, after)], float)
    if len(names) < 2 or not counts.sum(axis=1).all():
        return Change(1.0, 1.0, 0.0, 1.0)
    shares = counts / counts.sum(axis=1, keepdims=True)
    furthest = int(np.argmax(np.abs(shares[1] - shares[0])))
    pooled = _without_rare(counts)
    p_value = float(chi2_contingency(pooled).pvalue) if pooled.shape[1] > 1 else 1.0  # pyright: ignore[reportAttributeAccessIssue]
    effect = float(np.abs(shares[1] - shares[0]).sum() / 2)
    return Change(float(shares[0, furthest]), float(shares[1, furthest]), effect, p_value)


def separability(before: Floats, after: Floats, *, seed: int = 0) -> Change:
    """Vectors `[n, width]` and `[m, width]`: how well a classifier that has learnt from one half of both tells the
    other halves apart (a classifier two-sample test: Lopez-Paz and Oquab, 2017), by the area under its ROC curve.

    `before` and `after` are 0.5 and that area. Of the first sample at most three times as many rows as of the second
    take part. Learning from all in turns would use the rows better, but its areas scatter more than the test allows
    for, and chance would pass for change.
    """
    from sklearn.linear_model import LogisticRegression

    if min(len(before), len(after)) < LEAST_ROWS:
        return Change(0.5, 0.5, 0.0, 1.0)
    random = np.random.default_rng(seed)
    chosen = before[random.permutation(len(before))[: NEIGHBOURS * len(after)]]
    rows = np.concatenate([chosen, after[random.permutation(len(after))]])
    labels = np.repeat([False, True], [len(chosen), len(after)])
    learnt = np.concatenate([np.arange(len(part)) % 2 == 0 for part in (chosen, after)])
    centre, spread = rows[learnt].mean(axis=0), np.maximum(rows[learnt].std(axis=0), 1e-9)
    model = LogisticRegression(C=1e-3, class_weight="balanced", max_iter=200)
    model.fit((rows[learnt] - centre) / spread, labels[learnt])
    scores = model.decision_function((rows[~learnt] - centre) / spread)
    return _above_chance(scores[~labels[~learnt]], scores[labels[~learnt]])


def _above_chance(before: Floats, after: Floats) -> Change:
    """Area under the curve of scores, tested on one side: below a half nothing tells the samples apart."""
    from scipy.stats import mannwhitneyu

    found = mannwhitneyu(after, before, alternative="greater", method="asymptotic")
    area = float(found.statistic) / (len(before) * len(after))
    return Change(0.5, area, max(0.0, 2 * area - 1), float(found.pvalue))


def _without_rare(counts: Floats) -> Floats:
    """`[2, categories]` with those that are too rare for the test as one."""
    expected = counts.sum(axis=0) * counts.sum(axis=1).min() / counts.sum()
    rare = expected < LEAST_EXPECTED
    kept = counts[:, ~rare]
    together = counts[:, rare].sum(axis=1, keepdims=True)
    return np.hstack([kept, together]) if together.sum() else kept


def _median(values: Floats) -> float:
    return float(np.median(values)) if len(values) else float("nan")


def _mean(values: npt.NDArray[np.bool_]) -> float:
    return float(values.mean()) if len(values) else float("nan")
