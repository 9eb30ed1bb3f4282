"""Plots of a search: which values went with which result, and which parameters mattered."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

from tune.trials import Trials

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FEWEST = 2
"""Trials below which there is nothing to see."""


def study_plots(trials: Trials, *, metric: str) -> dict[str, Figure]:
    """Figures by name: `parallel_coordinates` and `importance`. Stopped trials count with their best value."""
    import matplotlib.pyplot as plt
    import optuna

    study = trials.as_finished()
    if len(study.trials) < FEWEST:
        return {}
    found = {}
    with warnings.catch_warnings(), plt.ioff():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        draw = optuna.visualization.matplotlib
        found["parallel_coordinates"] = draw.plot_parallel_coordinate(study, target_name=metric).figure
        if len({trial.value for trial in study.trials}) > 1:
            found["importance"] = draw.plot_param_importances(study, target_name=metric).figure
    for figure in found.values():
        figure.set_size_inches(11, 5)
        plt.close(figure)
    return found
