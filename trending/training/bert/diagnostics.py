"""What a person tries when a fine-tuning goes wrong: one batch over and over, and every learning rate in turn.

Both walk on the same workers, engine and batches as the training itself.
"""

from __future__ import annotations

import math
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from trending.settings import TrainSettings

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from trending.training.bert.trainer import Prepared

OVERFIT_STEPS = 150
OVERFIT_SHARE = 0.1
"""A network that can learn at all brings the loss of one batch below this share of where it began."""
RATE_STEPS = 100
LOWEST_FACTOR, HIGHEST_FACTOR = 1e-3, 1e3
"""Rates tried, as multiples of those of the settings."""
DIVERGED = 4.0
"""The search ends where the smoothed loss is this many times its least (Smith 2017)."""
SMOOTHING = 0.9


@dataclass(frozen=True)
class OverfitCheck:
    """Losses of one batch, step by step, without dropout."""

    losses: list[float]
    passed: bool

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)


@dataclass(frozen=True)
class RateSearch:
    """Loss against learning rate (that of the encoder's top layer)."""

    rates: list[float]
    losses: list[float]
    """Smoothed."""
    suggested: float
    """Where the loss falls fastest."""

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)


def overfit_batch(prepared: Prepared, settings: TrainSettings, folder: Path) -> OverfitCheck:
    """Train on the first batch alone. If even that loss does not fall, the fault is not in the data."""
    from trending.training.bert.trainer import run_loop

    with _gone_at_the_end(folder):
        losses = run_loop(prepared, settings, folder, loop=_overfit_loop).return_value
    return OverfitCheck(losses, losses[-1] < OVERFIT_SHARE * losses[0])


def find_rate(prepared: Prepared, settings: TrainSettings, folder: Path) -> RateSearch:
    """Raise the learning rate from step to step until the loss runs away (Smith 2017)."""
    from trending.training.bert.trainer import run_loop

    with _gone_at_the_end(folder):
        found = run_loop(prepared, settings, folder, loop=_rate_loop).return_value
    rates = [factor * settings.bert.optimizer.learning_rate for factor, _ in found]
    losses = smoothed([loss for _, loss in found])
    return RateSearch(rates, losses, steepest(rates, losses))


def smoothed(losses: list[float]) -> list[float]:
    """Exponential moving average without the pull of its start."""
    mean, found = 0.0, []
    for n, loss in enumerate(losses, start=1):
        mean = SMOOTHING * mean + (1 - SMOOTHING) * loss
        found.append(mean / (1 - SMOOTHING**n))
    return found


def steepest(rates: list[float], losses: list[float]) -> float:
    """The rate at which the loss falls fastest over the logarithm of the rate."""
    if len(rates) < 3:
        return rates[0]
    least = int(np.argmin(losses))
    slopes = np.gradient(np.asarray(losses), np.log(rates))
    return float(rates[int(np.argmin(slopes[: max(least, 1) + 1]))])


def rate_figure(search: RateSearch) -> Figure:
    """The curve with the suggestion marked."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 4), layout="constrained")
    axes = figure.subplots()
    axes.plot(search.rates, search.losses, color="#4c78a8")
    axes.axvline(
        search.suggested, color="#f58518", linestyle="--", label=f"suggested: {search.suggested:.1e}"
    )
    axes.set_xscale("log")
    axes.set_xlabel("learning rate of the top layer")
    axes.set_ylabel("smoothed training loss")
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False)
    return figure


@contextmanager
def _gone_at_the_end(folder: Path) -> Iterator[None]:
    """There is nothing to resume in a check."""
    try:
        yield
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _overfit_loop(config: Mapping[str, Any]) -> list[float]:
    from trending.training.bert.batches import epoch_steps
    from trending.training.bert.worker import start_worker

    worker = start_worker(config["job"])
    step = next(epoch_steps(worker.job, _training_rows(), 0))
    worker.engine.train(False)
    losses = []
    while len(losses) < OVERFIT_STEPS:
        losses.append(worker.step(step, factor=1.0).loss)
        if losses[-1] < OVERFIT_SHARE * losses[0] or not math.isfinite(losses[-1]):
            break
    return losses


def _rate_loop(config: Mapping[str, Any]) -> list[tuple[float, float]]:
    from trending.training.bert.batches import epoch_steps
    from trending.training.bert.worker import start_worker

    worker = start_worker(config["job"])
    found: list[tuple[float, float]] = []
    factors = np.geomspace(LOWEST_FACTOR, HIGHEST_FACTOR, RATE_STEPS).tolist()
    epoch = 0
    steps = epoch_steps(worker.job, _training_rows(), epoch)
    for factor in factors:
        step = next(steps, None)
        if step is None:
            epoch += 1
            steps = epoch_steps(worker.job, _training_rows(), epoch)
            step = next(steps)
        loss = worker.step(step, factor=factor).loss
        if not math.isfinite(loss):
            break
        found.append((factor, loss))
        curve = smoothed([loss for _, loss in found])
        if len(curve) > 10 and curve[-1] > DIVERGED * min(curve):
            break
    return found


def _training_rows() -> Any:
    import ray.train

    from trending.training.bert.job import TRAIN

    return ray.train.get_dataset_shard(TRAIN)
