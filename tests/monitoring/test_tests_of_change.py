"""p-values are what they say they are: under no change they are evenly spread."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from trending.monitoring.tests_of_change import (
    Change,
    separability,
    shift_of_mix,
    shift_of_share,
    shift_of_values,
)


def values(random: np.random.Generator) -> Change:
    return shift_of_values(random.poisson(5, 400).astype(float), random.poisson(5, 100).astype(float))


def share(random: np.random.Generator) -> Change:
    return shift_of_share(random.random(400) < 0.3, random.random(100) < 0.3)


def mix(random: np.random.Generator) -> Change:
    names, odds = ["a", "b", "c", "d"], [0.6, 0.3, 0.07, 0.03]
    return shift_of_mix(random.choice(names, 400, p=odds), random.choice(names, 100, p=odds))


def vectors(random: np.random.Generator) -> Change:
    return separability(
        random.normal(size=(300, 8)), random.normal(size=(100, 8)), seed=int(random.integers(99))
    )


@pytest.mark.parametrize("draw", [values, share, mix, vectors])
def test_chance_alone_is_rarely_called_a_change(draw: Callable[[np.random.Generator], Change]) -> None:
    random = np.random.default_rng(11)
    found = np.array([draw(random).p_value for _ in range(300)])
    assert np.mean(found < 0.05) <= 0.09, "more than that has a chance of 1 in 500"
    assert np.mean(found < 0.5) <= 0.6


def test_effects_do_not_grow_with_the_number_of_titles() -> None:
    random = np.random.default_rng(2)
    few, many = (shift_of_values(random.normal(0, 1, n), random.normal(0.5, 1, n)) for n in (300, 30_000))
    assert few.effect == pytest.approx(many.effect, abs=0.1)
    assert many.p_value < few.p_value


def test_the_effect_of_a_mix_is_the_share_that_would_have_to_change() -> None:
    before, after = np.array(["a"] * 50 + ["b"] * 50), np.array(["a"] * 80 + ["b"] * 20)
    found = shift_of_mix(before, after)
    assert found.effect == pytest.approx(0.3)
    assert (found.before, found.after) == (0.5, 0.8)


def test_a_category_that_is_new_is_seen() -> None:
    found = shift_of_mix(np.array(["a"] * 200), np.array(["a"] * 50 + ["z"] * 50))
    assert found.effect == pytest.approx(0.5)
    assert found.p_value < 1e-9
    assert (found.before, found.after) == (1.0, 0.5)


def test_rare_categories_are_counted_together_and_not_lost() -> None:
    before = np.array(["a"] * 990 + [f"rare {n}" for n in range(10)])
    after = np.array(["a"] * 60 + [f"rare {n % 10}" for n in range(40)])
    assert shift_of_mix(before, after).p_value < 1e-9


def test_the_effect_of_a_share_that_doubles_is_a_half() -> None:
    found = shift_of_share(np.arange(1000) < 100, np.arange(1000) < 200)
    assert found.effect == pytest.approx(0.5)


def test_nothing_and_what_never_varies_are_no_change() -> None:
    none, same = np.zeros(0), np.ones(50)
    assert shift_of_values(same, none).p_value == 1.0
    assert shift_of_values(same, same).p_value == 1.0
    assert shift_of_share(same > 0, none > 0).p_value == 1.0
    assert shift_of_mix(np.array(["a"] * 9), np.array(["a"] * 9)).p_value == 1.0
    assert separability(np.ones((5, 3)), np.ones((5, 3))).p_value == 1.0


def test_what_can_be_told_apart_is() -> None:
    random = np.random.default_rng(0)
    found = separability(random.normal(size=(600, 8)), random.normal(0.7, size=(200, 8)))
    assert found.effect > 0.5
    assert found.p_value < 1e-6
