"""What a boosted model goes by: groups of features, genres' scores, words."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from trending.models.base import GenreModel
from trending.models.xgboost_model import XGBoostModel, split_features

if TYPE_CHECKING:
    from matplotlib.figure import Figure

TERMS_A_GENRE = 15
TERMS_SHOWN = 30


@dataclass(frozen=True)
class TermImportance:
    """A word or pair of words."""

    term: str
    importance: float
    """Share of the whole gain of the trees."""
    weight: float
    """In the genre's linear score: what it says for the genre, or against it where negative."""


@dataclass(frozen=True)
class GenreImportance:
    """Shares of the whole gain that the three scores of a genre bring, in the trees of all genres."""

    genre: str
    linear: float
    ridge: float
    neighbours: float
    terms: tuple[TermImportance, ...]
    """Those that its linear score goes by the most."""


@dataclass(frozen=True)
class Importances:
    """Shares of the gain (how much all splits on a feature lowered the loss), which add up to 1.

    A genre's linear score is a weighted sum of terms; its share is dealt out to them by the size of their weights.
    That says what the score listens to, not how often a term occurs.
    """

    groups: dict[str, float]
    """`embedding`, `linear`, `ridge`, `neighbours`."""
    genres: tuple[GenreImportance, ...]
    terms: dict[str, float]
    """Those that matter most, over all genres, most important first."""

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)

    def figure(self) -> Figure:
        """Groups of features above, terms below."""
        from matplotlib.figure import Figure

        figure = Figure(figsize=(8, 0.25 * TERMS_SHOWN + 3), layout="constrained")
        above, below = figure.subplots(2, 1, height_ratios=[1, 0.17 * TERMS_SHOWN])
        for axes, shares, title in (
            (above, self.groups, "Share of the gain, by group of features"),
            (below, dict(list(self.terms.items())[:TERMS_SHOWN]), "Share of the gain, by term"),
        ):
            names = list(shares)[::-1]
            axes.barh(names, [shares[name] for name in names], color="#4c78a8")
            axes.set_title(title, loc="left")
            axes.spines[["top", "right"]].set_visible(False)
        return figure


def importances(model: GenreModel) -> Importances | None:
    """What the model goes by; None for a kind of model that has no trees."""
    if not isinstance(model, XGBoostModel):
        return None
    gains = split_features(_gains(model), len(model.genres))
    linear, ridge, neighbours = gains.linear, gains.ridge, gains.neighbours
    sizes = np.abs(model.first_stage.linear.weights)
    by_term = linear * sizes / np.maximum(sizes.sum(axis=0), 1e-12)
    groups = {
        "embedding": float(gains.embedding.sum()),
        "linear": float(linear.sum()),
        "ridge": float(ridge.sum()),
        "neighbours": float(neighbours.sum()),
    }
    terms = model.first_stage.linear.terms
    genres = tuple(
        GenreImportance(
            genre=genre,
            linear=float(linear[k]),
            ridge=float(ridge[k]),
            neighbours=float(neighbours[k]),
            terms=_terms(terms, by_term[:, k], model.first_stage.linear.weights[:, k]),
        )
        for k, genre in enumerate(model.genres)
    )
    overall = by_term.sum(axis=1)
    best = _largest(overall, TERMS_SHOWN)
    return Importances(groups, genres, {terms[i]: float(overall[i]) for i in best})


def _gains(model: XGBoostModel) -> npt.NDArray[np.float64]:
    """Share of the gain of each feature."""
    gains = np.zeros(model.booster.num_features())
    for name, gain in model.booster.get_score(importance_type="total_gain").items():
        gains[int(name.removeprefix("f"))] = gain
    return gains / max(gains.sum(), 1e-12)


def _terms(
    terms: list[str], importance: npt.NDArray[np.floating], weights: npt.NDArray[np.floating]
) -> tuple[TermImportance, ...]:
    chosen = _largest(importance, TERMS_A_GENRE)
    return tuple(TermImportance(terms[i], float(importance[i]), float(weights[i])) for i in chosen)


def _largest(values: npt.NDArray[np.floating], count: int) -> npt.NDArray[np.intp]:
    return np.argsort(-values, kind="stable")[:count]
