"""Which genres are taken for which."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from trending.evaluation.record import Confusion
from trending.models.base import Labels


def confusions(truth: Labels, chosen: Labels, genres: Sequence[str]) -> list[Confusion]:
    """Pairs of a genre that a title should have been given and one that it was wrongly given, most frequent first.

    Arrays `[n, len(genres)]`. A title with several of either counts for each pair. That Drama is missed and Comedy
    given says that they occur together as errors; not that the one was mistaken for the other because of the other.
    """
    missed, wrong = truth & ~chosen, chosen & ~truth
    together = missed.astype(np.int64).T @ wrong.astype(np.int64)
    support = truth.sum(axis=0)
    pairs = [
        Confusion(genres[i], genres[j], int(together[i, j]), float(together[i, j] / support[i]))
        for i, j in np.argwhere(together).tolist()
    ]
    return sorted(pairs, key=lambda pair: (-pair.titles, pair.true, pair.given))
