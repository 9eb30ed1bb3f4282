"""Everything that XGBoost needs before and after its training: features out of fold, then the model."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from trending.catalog.splits import rare_genre_weights
from trending.features.documents import DocumentSet
from trending.features.embeddings import Embeddings, embed_documents, load_encoder
from trending.models.xgboost_model import FirstStage, XGBoostModel, stack_features
from trending.progress import Report, silent
from trending.ray_session import ray_session
from trending.settings import Settings, TrainSettings
from trending.training.ray_train import on_workers
from trending.training.run import TrainingRun
from trending.training.xgboost.boosting import Rows, boost
from trending.training.xgboost.warm_start import fit_further

Training = tuple[DocumentSet, Embeddings, npt.NDArray[np.float32]]
"""Training titles, their embeddings and their weights."""


def fit_xgboost(
    documents: DocumentSet, settings: Settings, run: TrainingRun, *, report: Report = silent
) -> XGBoostModel:
    """Fit the first stage, then the trees over its scores and the embeddings.

    The scores of a training title come from models that never saw its work (out of fold): scores of a model
    on its own training titles look far better than they are, and the trees would trust them.
    A run that starts from a champion keeps its first stage instead (`fit_further`).
    """
    with ray_session(settings):
        if run.warm_start:
            return fit_further(documents, settings, run, report=report)
        first_stage, train, validation = boosting_rows(documents, settings, report=report)
        chosen = settings.train.xgboost
        report(f"XGBoost {on_workers(chosen.num_workers, chosen.device)}")
        booster = boost(train, validation, settings.train, run.folder)
    return XGBoostModel(first_stage, load_encoder(settings.train.embedding), booster)


def boosting_rows(
    documents: DocumentSet, settings: Settings, *, report: Report = silent
) -> tuple[FirstStage, Rows, Rows]:
    """The first stage, and the rows of training and validation titles with its scores. Ray must be running."""
    train, validation = documents.subset("train"), documents.subset("validation")
    weights = rare_genre_weights(train.genre_lists(), strength=settings.train.balance)
    test = documents.subset(
        "test"
    )  # it will be asked for soon, and starting the actors takes longer than a text
    embeddings = embed_documents(
        train.documents + validation.documents + test.documents, settings, report=report
    )
    known, held, _ = np.split(embeddings, np.cumsum([len(train.documents), len(validation.documents)]))
    report(f"Out-of-fold scores, {settings.train.xgboost.folds} folds")
    first_stage, train_scores = out_of_fold(train, known, settings, weights)
    held_scores = first_stage.scores(validation.documents, held)
    return (
        first_stage,
        Rows(stack_features(known, train_scores), train.labels, weights),
        Rows(stack_features(held, held_scores), validation.labels, np.ones(len(held), np.float32)),
    )


def out_of_fold(
    train: DocumentSet, embeddings: Embeddings, settings: Settings, weights: npt.NDArray[np.float32]
) -> tuple[FirstStage, npt.NDArray[np.float32]]:
    """The first stage of all training titles, and scores `[n, 3 * genres]` of each title by that of the other
    folds. A work's titles share a fold. The fits run as Ray tasks."""
    import ray

    folds = fold_of(train.title_keys, settings.train.xgboost.folds)
    fit, score = ray.remote(num_cpus=1)(_fit), ray.remote(num_cpus=1)(_fit_and_score)
    shared = ray.put((train, embeddings, weights))
    held_out = [np.flatnonzero(folds == fold) for fold in np.unique(folds)]
    whole = fit.remote(shared, np.arange(len(folds)), settings.train)
    tasks = [score.remote(shared, held, settings.train) for held in held_out]
    scores = np.zeros((len(folds), 3 * len(train.genres)), np.float32)
    for held, task in zip(held_out, tasks, strict=True):
        scores[held] = ray.get(task)
    return ray.get(whole), scores


def fold_of(title_keys: Sequence[str], folds: int) -> npt.NDArray[np.int64]:
    """The fold of each work: a function of its key alone, and independent of the split's."""
    digests = [hashlib.sha256(f"fold {key}".encode()).digest() for key in title_keys]
    return np.array([int.from_bytes(digest[:8], "big") % folds for digest in digests])


def _fit_and_score(
    shared: Training, held: npt.NDArray[np.intp], settings: TrainSettings
) -> npt.NDArray[np.float32]:
    """Scores of the titles `held` by a first stage of all the others."""
    train, embeddings, _ = shared
    others = np.setdiff1d(np.arange(len(train.documents)), held)
    return _fit(shared, others, settings).scores([train.documents[i] for i in held], embeddings[held])


def _fit(shared: Training, rows: npt.NDArray[np.intp], settings: TrainSettings) -> FirstStage:
    train, embeddings, weights = shared
    return FirstStage.fit(
        [train.documents[i] for i in rows],
        embeddings[rows],
        train.labels[rows],
        train.genres,
        settings=settings,
        row_weights=weights[rows],
    )
