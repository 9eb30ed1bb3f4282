"""The vibe score: 1 (hated) to 10 (loved), grounded in what the reviews feel.

1. Each review's probability of being positive, `p`, is a point on the scale: `1 + 9 p`. Their mean is the
   sentiment's score.
2. Ratings, where reviewers gave any, say it outright: a rating counts as much as `RATING_WEIGHT` reviews. The
   weighted mean is the grounded score.
3. The language model's own score counts for `LLM_WEIGHT` of the result, but only if its summary was believed and
   it is no more than `score_distance` points from the grounded score. So no order hidden in a review, and no
   mood of a small model, moves a score by more than `LLM_WEIGHT * score_distance`.
"""

from __future__ import annotations

from collections.abc import Sequence

from trending.enrichment.schema import Fault, ScoreBasis

LOWEST, HIGHEST = 1.0, 10.0
RATING_WEIGHT = 2.0
LLM_WEIGHT = 0.25


def vibe_score(
    positive: Sequence[float], ratings: Sequence[float], llm: int | None, *, distance: float, attempt: int = 1
) -> tuple[float | None, ScoreBasis, Fault | None]:
    """The score with one decimal, what it stands on, and a fault where the language model's was too far off.

    `positive`: for each review the probability that it is positive.
    """
    valid = [min(max(float(rating), LOWEST), HIGHEST) for rating in ratings if rating == rating]
    points = [(LOWEST + (HIGHEST - LOWEST) * float(p), 1.0) for p in positive]
    points += [(rating, RATING_WEIGHT) for rating in valid]
    if not points:
        return None, "none", None
    grounded = sum(value * weight for value, weight in points) / sum(weight for _, weight in points)
    basis: ScoreBasis = "sentiment" if len(positive) else "ratings"
    if llm is None or basis == "ratings":
        return round(grounded, 1), basis, None
    if abs(llm - grounded) > distance:
        detail = f"the score is more than {distance:g} points from that of the reviews"
        return round(grounded, 1), basis, Fault("score", "distance", detail, attempt)
    return round((1 - LLM_WEIGHT) * grounded + LLM_WEIGHT * llm, 1), "llm+sentiment", None
