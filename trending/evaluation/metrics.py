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
    """One genre. `average_precision` is nan where no title has the genre, `roc_auc` also where every title has."""

    genre: str
    precision: float
    recall: float
    f1: float
    roc_auc: float
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
    samples_f1: float
    """Mean over titles of the F1 of their genres."""
    roc_auc: float
    """Mean over genres; nan where no genre has one."""
    hit_at_1: float
    """Share of the titles whose most probable genre is one of theirs."""
    hit_at_3: float
    """The same of the three most probable: one of them is the title's."""
    exact_match: float
    """Share of the titles that are given their genres, all of them and no other."""
    titles: int
    genres: list[GenreScore]

    def headline(self) -> dict[str, float]:
        """The four scores of `HEADLINE`."""
        return {name: getattr(self, name) for name in HEADLINE}

    def overall(self) -> dict[str, float]:
        """Every score that is of all genres and titles, by name."""
        return {name: value for name, value in vars(self).items() if isinstance(value, float)}

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
    areas = np.array([roc_auc(truth[:, k], probabilities[:, k]) for k in range(len(genres))])
    of_titles = {
        name: float(values.mean()) for name, values in title_scores(truth, chosen, probabilities).items()
    }
    return Scores(
        micro_f1=float(f1_from_counts(true.sum(), given.sum(), support.sum())),
        macro_f1=float(f1.mean()),
        weighted_f1=float((f1 * support).sum() / max(support.sum(), 1)),
        map=float(np.nanmean(ranked)) if support.any() else 0.0,
        roc_auc=float(np.nanmean(areas)) if np.isfinite(areas).any() else float("nan"),
        **of_titles,
        titles=len(truth),
        genres=[
            GenreScore(
                genre=genre,
                precision=float(true[k] / given[k]) if given[k] else 0.0,
                recall=float(true[k] / support[k]) if support[k] else 0.0,
                f1=float(f1[k]),
                roc_auc=float(areas[k]),
                average_precision=float(ranked[k]),
                support=int(support[k]),
            )
            for k, genre in enumerate(genres)
        ],
    )


def title_scores(
    truth: Labels, chosen: Labels, probabilities: npt.NDArray[np.float32]
) -> dict[str, npt.NDArray[np.float64]]:
    """The scores that are means over titles, title by title, `[n]`: `samples_f1`, `hit_at_1`, `hit_at_3`,
    `exact_match`. Of equal probabilities the genre that comes first is taken as the more probable."""
    ranking = np.argsort(-probabilities, axis=1, kind="stable")[:, :3]
    hits = np.take_along_axis(truth, ranking, axis=1)
    f1 = f1_from_counts((truth & chosen).sum(axis=1), chosen.sum(axis=1), truth.sum(axis=1))
    return {
        "samples_f1": np.asarray(f1, np.float64),
        "hit_at_1": np.asarray(hits[:, 0], np.float64),
        "hit_at_3": np.asarray(hits.any(axis=1), np.float64),
        "exact_match": np.asarray((truth == chosen).all(axis=1), np.float64),
    }


def f1_from_counts(true: Any, given: Any, support: Any) -> Any:
    """F1 = 2 TP / (assigned + actual), elementwise; 0 where both are 0."""
    return 2 * true / np.maximum(np.asarray(given) + support, 1)


def average_precision(truth: npt.NDArray[np.bool_], probabilities: npt.NDArray[np.float32]) -> float:
    """Area under the precision-recall curve as the sum of precision at each step of recall; nan without a
    true title. Titles of equal probability count as one step."""
    from sklearn.metrics import average_precision_score

    return float(average_precision_score(truth, probabilities)) if truth.any() else float("nan")


def roc_auc(truth: npt.NDArray[np.bool_], probabilities: npt.NDArray[np.float32]) -> float:
    """Area under the ROC curve: how often a title of the genre is given a higher probability than one without
    it, a tie counting half. nan where no title, or every title, has the genre."""
    from sklearn.metrics import roc_auc_score

    if truth.all() or not truth.any():
        return float("nan")
    return float(roc_auc_score(truth, probabilities))
