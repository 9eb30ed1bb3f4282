"""The parts of an evaluation that others measure: calibration, robustness, explanations, the cost of serving."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from trending.evaluation.calibration import BINS, calibration_error
from trending.evaluation.record import ReliabilityBin, RobustnessRow, ServingCost
from trending.models.base import Labels, Probabilities
from trending.models.bundle import Bundle
from trending.progress import Report, silent
from trending.settings import Settings

if TYPE_CHECKING:
    import pandas as pd

    from trending.features.documents import DocumentSet


@dataclass(frozen=True)
class FullParts:
    """What takes minutes, and is measured where it was asked for."""

    robustness: list[RobustnessRow]
    explanations: Mapping[str, Any]
    cost: ServingCost


def full_parts(
    bundle: Bundle, titles: DocumentSet, facts: pd.DataFrame, settings: Settings, *, report: Report = silent
) -> FullParts:
    """Robustness, explanations and cost of a bundle on these titles; row i of `facts` belongs to title i."""
    from trending.evaluation.cost import serving_cost  # pyright: ignore[reportMissingImports]
    from trending.evaluation.explanations import check_explanations  # pyright: ignore[reportMissingImports]
    from trending.evaluation.robustness import check_robustness  # pyright: ignore[reportMissingImports]

    chosen, seed = settings.evaluation, settings.train.seed
    report(f"Robustness of {bundle.manifest.model}")
    robustness = check_robustness(
        bundle, titles, facts, cases=chosen.robustness_cases, seed=seed, report=report
    )
    report(f"Explanations of {bundle.manifest.model}")
    explanations = check_explanations(bundle, titles, cases=chosen.explained_titles, seed=seed, report=report)
    report(f"Cost of serving {bundle.manifest.model}")
    cost = serving_cost(bundle, titles.documents[: chosen.timed_titles])
    return FullParts(robustness, explanations, cost)


@dataclass(frozen=True)
class GenreCalibration:
    """One genre's expected calibration error and Brier score."""

    genre: str
    calibration_error: float
    brier: float


def genre_calibration(
    truth: Labels, probabilities: Probabilities, genres: Sequence[str]
) -> list[GenreCalibration]:
    """Each genre by itself; arrays `[n, len(genres)]`."""
    squared = ((probabilities.astype(np.float64) - truth) ** 2).mean(axis=0)
    return [
        GenreCalibration(genre, calibration_error(truth[:, [k]], probabilities[:, [k]]), float(squared[k]))
        for k, genre in enumerate(genres)
    ]


def reliability(
    truth: Labels, probabilities: Probabilities, genres: Sequence[str]
) -> Mapping[str, list[ReliabilityBin]]:
    """The reliability diagram of each genre, and of `all`; arrays `[n, len(genres)]`. Empty bins are left out."""
    each = {genre: _bins(truth[:, k], probabilities[:, k]) for k, genre in enumerate(genres)}
    return {"all": _bins(truth.ravel(), probabilities.ravel()), **each}


def _bins(truth: npt.NDArray[np.bool_], probabilities: npt.NDArray[np.float32]) -> list[ReliabilityBin]:
    given = probabilities.astype(np.float64)
    bins = np.minimum((given * BINS).astype(int), BINS - 1)
    titles = np.bincount(bins, minlength=BINS)
    sums, true = (np.bincount(bins, weights=values, minlength=BINS) for values in (given, truth))
    return [
        ReliabilityBin(float(sums[i] / titles[i]), float(true[i] / titles[i]), int(titles[i]))
        for i in np.flatnonzero(titles)
    ]
