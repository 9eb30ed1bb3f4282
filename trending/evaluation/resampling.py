"""Many resamples of the titles at once, and what their scores say about chance."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from trending.evaluation.bootstrap import Interval
from trending.evaluation.metrics import f1_from_counts
from trending.models.base import Labels

Floats = npt.NDArray[np.floating]

CELLS = 16_000_000
"""Weights that are held at once: 64 MB."""


def resampled(
    columns: Floats, groups: Sequence[npt.NDArray[np.intp]], *, samples: int, seed: int
) -> npt.NDArray[np.float64]:
    """Sums of the columns `[n, c]` over the titles of each group (their rows), on each resample of all `n` titles:
    `[samples, len(groups), c]`.

    A resample draws `n` titles with replacement, and a title's row counts as often as it was drawn: the sums of all
    resamples are the product of a matrix of multinomial weights with the columns. The same `n`, `samples` and `seed`
    give the same resamples, whatever columns and groups: what is compared can be drawn apart.
    """
    exact = np.ascontiguousarray(columns, np.float32)
    found = np.empty((samples, len(groups), exact.shape[1]))
    done = 0
    for weights in _weights(len(exact), samples=samples, seed=seed):
        for number, rows in enumerate(groups):
            found[done : done + len(weights), number] = weights[:, rows] @ exact[rows]
        done += len(weights)
    return found


def genre_counts(truth: Labels, chosen: Labels) -> npt.NDArray[np.float32]:
    """Each title's part in the true positives, the assigned and the actual genres, `[n, 3, genres]`."""
    return np.stack([truth & chosen, chosen, truth], axis=1).astype(np.float32)


def micro_f1(counts: Floats) -> npt.NDArray[np.float64]:
    """Micro-F1 of summed counts `[..., 3, genres]`."""
    true, given, support = np.moveaxis(counts.sum(axis=-1, dtype=np.float64), -1, 0)
    return f1_from_counts(true, given, support)


def genre_f1(counts: Floats) -> npt.NDArray[np.float64]:
    """F1 of each genre of summed counts `[..., 3, genres]`: `[..., genres]`."""
    true, given, support = np.moveaxis(counts.astype(np.float64), -2, 0)
    return f1_from_counts(true, given, support)


def macro_f1(counts: Floats) -> npt.NDArray[np.float64]:
    """Mean F1 over the genres that occur, of summed counts `[..., 3, genres]`; 0 where none does."""
    occurs = counts[..., 2, :] > 0
    return (genre_f1(counts) * occurs).sum(axis=-1) / np.maximum(occurs.sum(axis=-1), 1)


def interval(draws: Floats, *, level: float = 0.95) -> Interval:
    """Percentile interval of the draws `[samples]` (Efron 1979)."""
    low, high = np.quantile(draws, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def p_value(difference: float, draws: Floats) -> float:
    """Two-sided, of a difference whose bootstrap draws are `draws`: normal, with their standard deviation as its
    standard error (Efron and Tibshirani 1993, chapter 13).

    The share of the draws beyond 0 is never less than one in so many draws, which no correction over fifty
    comparisons would survive.
    """
    from scipy.stats import norm

    error = float(np.std(draws, ddof=1))
    if error == 0:
        return 0.0 if difference else 1.0
    return float(2 * norm.sf(abs(difference) / error))


def holm(p_values: Floats) -> npt.NDArray[np.float64]:
    """The p-values corrected for there being several (Holm 1979), in the order given.

    Rejecting what is below 5% rejects any true hypothesis at all with a probability of at most 5%.
    """
    values = np.asarray(p_values, np.float64)
    order = np.argsort(values, kind="stable")
    raised = values[order] * np.arange(len(values), 0, -1)
    corrected = np.empty_like(values)
    corrected[order] = np.minimum(np.maximum.accumulate(raised), 1) if len(values) else raised
    return corrected


def _weights(titles: int, *, samples: int, seed: int) -> Iterator[npt.NDArray[np.float32]]:
    """How often each resample draws each title, `[some samples, titles]` at a time."""
    generator = np.random.default_rng(seed)
    step = max(1, CELLS // max(titles, 1))
    for start in range(0, samples, step):
        count = min(step, samples - start)
        drawn = generator.integers(0, titles, (count, titles)) + np.arange(count)[:, None] * titles
        yield (np.bincount(drawn.ravel(), minlength=count * titles).reshape(count, titles).astype(np.float32))
