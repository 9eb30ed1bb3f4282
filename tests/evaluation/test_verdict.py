"""A comparison in words: it names the better one only where the numbers do."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from trending.evaluation.compare import Comparison, GenreDifference, ScoreDifference, Side
from trending.evaluation.record import ServingCost
from trending.evaluation.verdict import verdict

FAST = ServingCost(5.0, 9.0, 400.0, 200.0, 10.0, "here")


def side(model: str, cost: ServingCost | None = None) -> Side:
    return Side(f"the {model}", model, None, Path(model), model * 8, cost)


def comparison(macro: float, micro: float, *, margin: float = 0.01, **changes: object) -> Comparison:
    """Differences of a from b, each sure to within the margin."""
    scores = [
        ScoreDifference(name, 0.6 + value, 0.6, value, (value - margin, value + margin))
        for name, value in (("micro_f1", micro), ("macro_f1", macro), ("weighted_f1", 0.0), ("map", 0.0))
    ]
    made = Comparison(side("bert"), side("xgboost"), 1, 100, False, scores, [], [])
    return replace(made, **changes)  # pyright: ignore[reportArgumentType]


def genre(name: str, difference: float, p_value: float) -> GenreDifference:
    return GenreDifference(name, 0.5, 0.5 - difference, difference, (0.0, 0.0), 30, p_value)


def test_the_better_one_is_named_with_how_much_better_it_is() -> None:
    assert verdict(comparison(0.05, 0.03)).startswith(
        "bert is better: macro-F1 +0.050 (+0.040 to +0.060), micro-F1 +0.030 (+0.020 to +0.040)."
    )
    assert verdict(comparison(-0.05, 0.0)) == "xgboost is better: macro-F1 +0.050 (+0.040 to +0.060)."


def test_what_could_be_chance_is_no_difference() -> None:
    told = verdict(comparison(0.005, -0.005))
    assert told.startswith("No clear difference in quality between bert and xgboost")
    assert "macro-F1 +0.005 (-0.005 to +0.015)" in told


def test_scores_that_disagree_name_no_winner() -> None:
    assert verdict(comparison(0.05, -0.05)) == (
        "bert has the better macro-F1 and xgboost the better micro-F1, each clear of chance."
    )


def test_genres_in_which_the_winner_is_worse_are_named_where_they_are_clear() -> None:
    genres = [genre("Western", -0.2, 0.01), genre("Music", -0.2, 0.5), genre("Drama", 0.2, 0.01)]
    assert verdict(comparison(0.05, 0.05, genres=genres)).endswith("It is worse in Western.")
    assert verdict(comparison(-0.05, -0.05, genres=genres)).endswith("It is worse in Drama.")
    assert "Western" not in verdict(comparison(0.0, 0.0, genres=genres))


def test_what_it_costs_is_told_where_it_was_measured() -> None:
    slow = replace(FAST, latency_p50_ms=20.0, memory_mib=210.0, size_mib=4.0)
    told = verdict(comparison(0.05, 0.05, a=side("bert", slow), b=side("xgboost", FAST)))
    assert told.endswith(
        "To serve, bert takes 4.0 times the latency, about the memory and 40% of the disk of xgboost."
    )
    assert "serve" not in verdict(comparison(0.05, 0.05, a=side("bert", slow)))


def test_two_of_a_kind_are_told_apart_by_their_words() -> None:
    twins = (replace(side("bert"), word="5"), replace(side("bert"), word="champion"))
    assert verdict(comparison(0.05, 0.05, a=twins[0], b=twins[1])).startswith("bert (5) is better")
