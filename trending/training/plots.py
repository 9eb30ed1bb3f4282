"""Plots that MLflow shows beside a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trending.evaluation.metrics import Scores

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def training_plots(test: Scores) -> dict[str, Figure]:
    """Figures by name."""
    return {"genre_f1": genre_scores(test)}


def genre_scores(test: Scores) -> Figure:
    """Precision, recall and F1 of each genre, best first, with its number of test titles."""
    from matplotlib.figure import Figure

    genres = sorted(test.genres, key=lambda g: g.f1)
    figure = Figure(figsize=(8, 0.36 * len(genres) + 1.2), layout="constrained")
    axes = figure.subplots()
    rows = range(len(genres))
    axes.barh(rows, [g.f1 for g in genres], color="#4c78a8", label="F1")
    axes.plot([g.precision for g in genres], rows, "o", color="#f58518", label="precision")
    axes.plot([g.recall for g in genres], rows, "s", color="#54a24b", label="recall")
    axes.set_yticks(rows, [f"{g.genre} ({g.support:,})" for g in genres])
    axes.set_xlim(0, 1)
    axes.set_title(f"Test split: micro-F1 {test.micro_f1:.3f}, macro-F1 {test.macro_f1:.3f}", loc="left")
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(loc="lower right", frameon=False)
    return figure
