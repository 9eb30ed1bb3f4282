"""The parts of an evaluation that take minutes: robustness, explanations, the cost of serving."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from trending.evaluation.record import RobustnessRow, ServingCost
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
    from trending.evaluation.cost import serving_cost
    from trending.evaluation.explanations import check_explanations
    from trending.evaluation.robustness import check_robustness

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
