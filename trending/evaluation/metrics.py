"""Scores of multi-label predictions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from trending.models.base import Labels

HEADLINE = ("micro_f1", "macro_f1", "weighted_f1", "map")
"""The scores that every table shows, in this order."""


@dataclass(frozen=True)
class GenreScore:
    """One genre. `average_precision` is nan where no title has the genre."""

    genre: str
    precision: float
    recall: float
    f1: float
    average_precision: float
    support: int
    """Titles that truly have the genre."""


@dataclass(frozen=True)
class Scores:
    """One model on one set of titles; all values but `support` lie in [0, 1]."""

    micro_f1: float
    macro_f1: float
    weighted_f1: float
    map: float
    """Mean over genres of average precision: independent of thresholds."""
    titles: int
    genres: list[GenreScore]

    def headline(self) -> dict[str, float]:
        """The four scores of `HEADLINE`."""
        return {name: getattr(self, name) for name in HEADLINE}

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)


def scores(
    truth: Labels, chosen: Labels, probabilities: npt.NDArray[np.float32], genres: Sequence[str]
) -> Scores:
    """All scores of one model; arrays `[n, len(genres)]`. A genre that nobody has or is given has F1 0."""
    true = (truth & chosen).sum(axis=0)
    given, support = chosen.sum(axis=0), truth.sum(axis=0)
    f1 = f1_from_counts(true, given, support)
    ranked = np.array([average_precision(truth[:, k], probabilities[:, k]) for k in range(len(genres))])
    return Scores(
        micro_f1=float(f1_from_counts(true.sum(), given.sum(), support.sum())),
        macro_f1=float(f1.mean()),
        weighted_f1=float((f1 * support).sum() / max(support.sum(), 1)),
        map=float(np.nanmean(ranked)) if support.any() else 0.0,
        titles=len(truth),
        genres=[
            GenreScore(
                genre=genre,
                precision=float(true[k] / given[k]) if given[k] else 0.0,
                recall=float(true[k] / support[k]) if support[k] else 0.0,
                f1=float(f1[k]),
                average_precision=float(ranked[k]),
                support=int(support[k]),
            )
            for k, genre in enumerate(genres)
        ],
    )


def f1_from_counts(true: Any, given: Any, support: Any) -> Any:
    """F1 = 2 TP / (assigned + actual), elementwise; 0 where both are 0."""
    return 2 * true / np.maximum(np.asarray(given) + support, 1)


def average_precision(truth: npt.NDArray[np.bool_], probabilities: npt.NDArray[np.float32]) -> float:
    """Area under the precision-recall curve as the sum of precision at each step of recall; nan without a
    true title. Titles of equal probability count as one step."""
    from sklearn.metrics import average_precision_score

    return float(average_precision_score(truth, probabilities)) if truth.any() else float("nan")
