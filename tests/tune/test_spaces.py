from __future__ import annotations

import random

import optuna
import pytest
from pydantic import ValidationError

from trending.settings import TrainSettings
from tune.spaces import (
    BERT,
    XGBOOST,
    Choice,
    Floats,
    Integers,
    Space,
    distributions,
    holds,
    neighbour,
    values_in,
    with_values,
)


@pytest.mark.parametrize("space", [XGBOOST, BERT], ids=["xgboost", "bert"])
def test_whatever_is_drawn_is_a_valid_setting_and_reaches_it(space: Space) -> None:
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=3))
    drawn = [study.ask(distributions(space)).params for _ in range(50)]
    for values in drawn:
        assert set(values) == set(space)
        assert holds(space, values)
        assert values_in(with_values(TrainSettings(), values), space) == values


@pytest.mark.parametrize("space", [XGBOOST, BERT], ids=["xgboost", "bert"])
def test_the_defaults_lie_within_the_space_so_that_they_can_be_the_first_trial(space: Space) -> None:
    assert holds(space, values_in(TrainSettings(), space))


def test_bounds_belong_to_the_space_and_nothing_beyond_them() -> None:
    space = {"a": Floats(0.1, 1.0, log=True), "b": Integers(2, 3), "c": Choice((16, 32))}
    assert holds(space, {"a": 0.1, "b": 3, "c": 32})
    assert not holds(space, {"a": 1.1, "b": 3, "c": 32})
    assert not holds(space, {"a": 0.1, "b": 4, "c": 32})
    assert not holds(space, {"a": 0.1, "b": 3, "c": 17})


def test_other_settings_stay_as_they_are_and_an_unknown_name_is_an_error() -> None:
    before = TrainSettings(seed=7)
    after = with_values(before, {"xgboost.max_depth": 7})
    assert after.xgboost.max_depth == 7
    assert after == with_values(before, {}).model_copy(update={"xgboost": after.xgboost})
    assert before.xgboost.max_depth == TrainSettings().xgboost.max_depth
    with pytest.raises(ValidationError):
        with_values(before, {"xgboost.colour": 7})


@pytest.mark.parametrize("space", [XGBOOST, BERT], ids=["xgboost", "bert"])
def test_a_neighbour_is_within_the_bounds_and_differs_in_real_numbers_alone(space: Space) -> None:
    draw, values = random.Random(3), values_in(TrainSettings(), space)
    changed: set[str] = set()
    for _ in range(200):
        near = neighbour(space, values, draw)
        assert holds(space, near)
        changed |= {name for name in space if near[name] != values[name]}
        values = near
    assert changed == {name for name, parameter in space.items() if isinstance(parameter, Floats)}
