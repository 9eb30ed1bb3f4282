"""What is trending: a formula over a title's vibe score, its number of reviews and its age.

    trend = (n * score + K * mean) / (n + K) * 0.5 ** (age / H)

`n`: reviews of the title. `score`: its vibe score, 1 to 10. `mean`: of all scored titles. K = 5: a score that
stands on five reviews counts half, one that stands on none not at all (Bayesian average). `age`: days from the
title's newest date to the newest date of the catalogue. H = 180: what is half a year older needs twice the score.

Age is counted from the catalogue's own newest date, so that an old snapshot has a ranking too, and the same
snapshot always has the same one.
"""

from __future__ import annotations

from datetime import date

PRIOR_REVIEWS = 5.0
HALF_LIFE_DAYS = 180.0
NEUTRAL_SCORE = 5.5
"""The mean where no title has a score: the middle of the scale."""


def trend(score: float | None, reviews: int, age_days: float | None, *, mean: float) -> float:
    """How high a title ranks, 0 to 10. A title without a date ranks last."""
    if age_days is None:
        return 0.0
    weight = reviews / (reviews + PRIOR_REVIEWS) if score is not None else 0.0
    shrunk = weight * (score or 0.0) + (1 - weight) * mean
    return shrunk * 0.5 ** (max(age_days, 0.0) / HALF_LIFE_DAYS)


def newest_day(added_on: str | None, release_year: int | None) -> int | None:
    """The day that a title is as new as: when it was added, or the middle of its year. Days since year 1."""
    if added_on:
        return date.fromisoformat(added_on).toordinal()
    if release_year is None or not date.min.year <= release_year <= date.max.year:
        return None
    return date(release_year, 7, 1).toordinal()
