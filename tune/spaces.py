"""Search spaces as data: which settings of a training are searched, and between which bounds."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING, Any

from trending.settings import TrainSettings

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution

DRAWN_ANEW = 0.25
FACTORS = (0.8, 1.2)

Value = Any
"""Of one parameter: a number, or one of the options of a choice."""


@dataclass(frozen=True)
class Floats:
    """Real numbers from `low` to `high`; with `log`, each power of ten is as likely."""

    low: float
    high: float
    log: bool = False


@dataclass(frozen=True)
class Integers:
    """Whole numbers from `low` to `high`, both included."""

    low: int
    high: int
    log: bool = False


@dataclass(frozen=True)
class Choice:
    """One of some values that have no order."""

    options: tuple[float | str, ...]


Parameter = Floats | Integers | Choice
Space = Mapping[str, Parameter]
"""Parameters by the name of their setting under `train`, such as `xgboost.learning_rate`."""

XGBOOST: Space = {
    "xgboost.learning_rate": Floats(0.01, 0.3, log=True),
    "xgboost.max_depth": Integers(2, 8),
    "xgboost.min_child_weight": Floats(0.5, 32.0, log=True),
    "xgboost.subsample": Floats(0.5, 1.0),
    "xgboost.colsample_bytree": Floats(0.2, 1.0),
    "xgboost.reg_lambda": Floats(0.1, 50.0, log=True),
    "xgboost.max_bin": Choice((32, 64, 128, 256)),
}

BERT: Space = {
    "bert.optimizer.learning_rate": Floats(2e-5, 4e-4, log=True),
    "bert.optimizer.head_learning_rate": Floats(1e-4, 5e-3, log=True),
    "bert.optimizer.layer_decay": Floats(0.7, 1.0),
    "bert.optimizer.weight_decay": Floats(1e-3, 0.1, log=True),
    "bert.optimizer.warmup_share": Floats(0.0, 0.2),
    "bert.dropout": Floats(0.0, 0.3),
    "bert.class_weight_power": Floats(0.0, 1.0),
    "bert.label_smoothing": Floats(0.0, 0.1),
    "bert.batch_size": Choice((16, 32, 64)),
}


def distributions(space: Space) -> dict[str, BaseDistribution]:
    """The space as Optuna's distributions."""
    return {name: _distribution(parameter) for name, parameter in space.items()}


def with_values(train: TrainSettings, values: Mapping[str, Value]) -> TrainSettings:
    """The settings with these values at their names.

    Raises `pydantic.ValidationError` for a name that is no setting or a value out of its range.
    """
    found: dict[str, Any] = train.model_dump()
    for name, value in values.items():
        *sections, last = name.split(".")
        reduce(dict.__getitem__, sections, found)[last] = value
    return TrainSettings.model_validate(found)


def values_in(train: TrainSettings, space: Space) -> dict[str, Value]:
    """What the settings say now for each parameter of the space."""
    return {name: reduce(getattr, name.split("."), train) for name in space}


def holds(space: Space, values: Mapping[str, Value]) -> bool:
    """Whether every value lies within the bounds of its parameter."""
    return all(_holds(parameter, values[name]) for name, parameter in space.items())


def neighbour(space: Space, values: Mapping[str, Value], draw: random.Random) -> dict[str, Value]:
    """Values near these: real numbers are a fifth larger or smaller, one in four is drawn anew; the rest stays.

    What is no real number (sizes, counts) says how a training is cut into steps, or what there is to train: it
    cannot change in the middle of one.
    """
    found = dict(values)
    for name, parameter in space.items():
        if isinstance(parameter, Floats):
            found[name] = _near(parameter, values[name], draw)
    return found


def _near(parameter: Floats, value: float, draw: random.Random) -> float:
    low, high = parameter.low, parameter.high
    if draw.random() < DRAWN_ANEW:
        drawn = draw.random()
        return low * (high / low) ** drawn if parameter.log else low + (high - low) * drawn
    return min(high, max(low, value * draw.choice(FACTORS)))


def _distribution(parameter: Parameter) -> BaseDistribution:
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

    if isinstance(parameter, Floats):
        return FloatDistribution(parameter.low, parameter.high, log=parameter.log)
    if isinstance(parameter, Integers):
        return IntDistribution(parameter.low, parameter.high, log=parameter.log)
    return CategoricalDistribution(parameter.options)


def _holds(parameter: Parameter, value: Value) -> bool:
    if isinstance(parameter, Choice):
        return value in parameter.options
    return parameter.low <= value <= parameter.high
