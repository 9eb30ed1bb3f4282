"""Which code fits which model."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext

from trending.catalog.splits import rare_genre_weights
from trending.errors import TrainingError
from trending.features.documents import DocumentSet
from trending.models.base import GenreModel
from trending.models.keyword import KeywordModel
from trending.models.linear import LinearModel
from trending.models.prior import PriorModel
from trending.progress import Report
from trending.ray_session import ray_session
from trending.settings import Settings
from trending.training.run import TrainingRun

MODELS = ("prior", "keyword", "linear", "xgboost", "bert", "blend")
ON_RAY = ("xgboost", "bert")
"""Trained across workers, with checkpoints: what was interrupted can go on."""


def check_model(model: str) -> None:
    """Raise `TrainingError` for a model that there is not."""
    if model not in MODELS:
        raise TrainingError(f"There is no model {model!r}. Choose one of {', '.join(MODELS)}.")


def session_for(model: str, settings: Settings) -> AbstractContextManager[None]:
    """Ray, for the models that are trained on it."""
    return ray_session(settings) if model in ON_RAY else nullcontext()


def fit(documents: DocumentSet, settings: Settings, run: TrainingRun, *, report: Report) -> GenreModel:
    """The model of `run`, fitted on the training titles; validation may stop it, test is never looked at."""
    if run.model == "xgboost":
        from trending.training.xgboost.fit import fit_xgboost

        return fit_xgboost(documents, settings, run, report=report)
    if run.model == "bert":
        from trending.training.bert.fit import fit_bert

        return fit_bert(documents, settings, run, report=report)
    if run.model == "blend":
        from trending.training.blend import fit_blend

        return fit_blend(documents, settings, run, report=report)
    return _fit_here(run.model, documents.subset("train"), settings)


def _fit_here(model: str, train: DocumentSet, settings: Settings) -> GenreModel:
    """The models that one process fits in seconds."""
    if model == "prior":
        return PriorModel.fit(train.labels, train.genres)
    if model == "keyword":
        return KeywordModel.fit(train.documents, train.labels, train.genres)
    return LinearModel.fit(
        train.documents,
        train.labels,
        train.genres,
        settings=settings.train.linear,
        row_weights=rare_genre_weights(train.genre_lists(), strength=settings.train.balance),
    )
