"""The vibe score: grounded in sentiment and ratings, moved by the language model by little."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trending.enrichment.score import LLM_WEIGHT, vibe_score

PROBABILITIES = st.lists(st.floats(0, 1), max_size=8)
RATINGS = st.lists(st.floats(1, 10), max_size=8)


def test_nothing_gives_no_score() -> None:
    assert vibe_score([], [], 9, distance=2) == (None, "none", None)


def test_sentiment_is_mapped_onto_the_scale() -> None:
    assert vibe_score([0.0], [], None, distance=2)[:2] == (1.0, "sentiment")
    assert vibe_score([1.0], [], None, distance=2)[:2] == (10.0, "sentiment")
    assert vibe_score([0.2, 0.8], [], None, distance=2)[:2] == (5.5, "sentiment")


def test_ratings_alone_and_beside_sentiment() -> None:
    assert vibe_score([], [4, 6], 9, distance=9)[:2] == (5.0, "ratings")
    assert vibe_score([1.0], [4.0], None, distance=2)[:2] == (6.0, "sentiment")  # (10 + 2 * 4) / 3


def test_a_near_score_of_the_model_counts_a_quarter() -> None:
    assert vibe_score([0.5], [], 7, distance=2)[:2] == (5.9, "llm+sentiment")


def test_a_far_score_of_the_model_is_a_fault() -> None:
    score, basis, fault = vibe_score([0.1], [], 10, distance=2, attempt=2)
    assert (score, basis) == (1.9, "sentiment")
    assert fault is not None
    assert (fault.part, fault.kind, fault.attempt) == ("score", "distance", 2)


@pytest.mark.parametrize("rating", [float("nan"), -5.0, 400.0])
def test_a_mad_rating_stays_on_the_scale(rating: float) -> None:
    score = vibe_score([0.5], [rating], None, distance=2)[0]
    assert score is not None
    assert 1 <= score <= 10


@given(PROBABILITIES, RATINGS, st.integers(1, 10))
def test_the_model_moves_a_score_by_no_more_than_its_weight(
    positive: list[float], ratings: list[float], llm: int
) -> None:
    without = vibe_score(positive, ratings, None, distance=2)[0]
    with_it = vibe_score(positive, ratings, llm, distance=2)[0]
    if without is None or with_it is None:
        assert without is with_it
    else:
        assert 1 <= with_it <= 10
        assert abs(with_it - without) <= LLM_WEIGHT * 2 + 0.1
