"""Features for XGBoost, and its distributed training by Ray Train."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from trending.catalog.splits import rare_genre_weights
from trending.features.documents import DocumentSet
from trending.features.embeddings import embed_documents, load_encoder
from trending.models.linear import LinearModel
from trending.models.xgboost_model import XGBoostModel, stack_features
from trending.progress import Report, silent
from trending.ray_session import ray_session
from trending.settings import LinearSettings, Settings
from trending.training.xgboost_loop import read_checkpoint, train_loop

if TYPE_CHECKING:
    from ray.data import Dataset

BLOCKS = 16


def fit_xgboost(documents: DocumentSet, settings: Settings, *, report: Report = silent) -> XGBoostModel:
    """Fit the linear model, then the trees over its scores and the embeddings.

    The linear scores of a training title come from a model that never saw its work (out of fold): scores of a
    model on its own training titles would look far better than they are, and the trees would trust them.
    """
    import ray

    train, validation = documents.subset("train"), documents.subset("validation")
    weights = rare_genre_weights(train.genre_lists(), strength=settings.train.balance)
    with ray_session(settings):
        # The test titles too: the model never sees them, but their vectors are wanted soon, and are kept.
        embed_documents(documents.documents, settings, report=report)
        embeddings = embed_documents(train.documents + validation.documents, settings)
        report(f"Out-of-fold linear scores, {settings.train.xgboost.folds} folds")
        linear, train_scores = out_of_fold(train, settings, weights)
        features = stack_features(embeddings, np.vstack([train_scores, linear.scores(validation.documents)]))
        report(f"XGBoost on {settings.train.xgboost.num_workers} workers")
        rows = len(train.documents)
        checkpoint = _train(
            {
                "train": _dataset(features[:rows], train.labels, weights),
                "validation": _dataset(
                    features[rows:], validation.labels, np.ones(len(validation.documents))
                ),
            },
            settings,
            use_gpu=settings.train.xgboost.device != "cpu" and bool(ray.cluster_resources().get("GPU")),
        )
    booster, state = read_checkpoint(checkpoint)
    return XGBoostModel(linear, load_encoder(settings.train.embedding), booster[: state.best_round + 1])


def out_of_fold(
    train: DocumentSet, settings: Settings, weights: npt.NDArray[np.float64]
) -> tuple[LinearModel, npt.NDArray[np.float32]]:
    """The linear model of all training titles, and scores `[n, genres]` of each title by a model of the other
    folds. A work's titles share a fold. The fits run as Ray tasks."""
    import ray

    folds = fold_of(train.title_keys, settings.train.xgboost.folds)
    fit = ray.remote(num_cpus=1)(_fit_linear)
    shared = ray.put((train, weights))
    everything = np.arange(len(folds))
    splits = [(np.flatnonzero(folds != k), np.flatnonzero(folds == k)) for k in range(folds.max() + 1)]
    tasks = [fit.remote(shared, rows, held, settings.train.linear) for rows, held in splits]
    whole = fit.remote(shared, everything, everything[:0], settings.train.linear)
    scores = np.zeros(train.labels.shape, np.float32)
    for (_, held), task in zip(splits, tasks, strict=True):
        scores[held] = ray.get(task)[1]
    return ray.get(whole)[0], scores


def fold_of(title_keys: Sequence[str], folds: int) -> npt.NDArray[np.int64]:
    """The fold of each work: a function of its key alone, and independent of the split's."""
    digests = [hashlib.sha256(f"fold {key}".encode()).digest() for key in title_keys]
    return np.array([int.from_bytes(digest[:8], "big") % folds for digest in digests])


def _fit_linear(
    shared: tuple[DocumentSet, npt.NDArray[np.float64]],
    rows: npt.NDArray[np.intp],
    held: npt.NDArray[np.intp],
    settings: LinearSettings,
) -> tuple[LinearModel, npt.NDArray[np.float32]]:
    train, weights = shared
    chosen = train.take(rows)
    model = LinearModel.fit(
        chosen.documents, chosen.labels, train.genres, settings=settings, row_weights=weights[rows]
    )
    return model, model.scores([train.documents[i] for i in held])


def _dataset(
    features: npt.NDArray[np.float32], labels: npt.NDArray[np.bool_], weights: npt.NDArray[np.float64]
) -> Dataset:
    """Columns `features`, `labels` and `weight`, in blocks that divide evenly among the workers."""
    import ray

    def part(rows: npt.NDArray[np.intp]) -> pa.Table:
        return pa.table(
            {
                "features": _vectors(features[rows]),
                "labels": _vectors(labels[rows]),
                "weight": pa.array(weights[rows], pa.float32()),
            }
        )

    rows = np.arange(len(features))
    return ray.data.from_arrow([part(chunk) for chunk in np.array_split(rows, min(BLOCKS, len(rows)))])


def _vectors(matrix: npt.NDArray[Any]) -> pa.FixedSizeListArray:
    flat = pa.array(np.ascontiguousarray(matrix, np.float32).reshape(-1))
    return pa.FixedSizeListArray.from_arrays(flat, matrix.shape[1])


def _train(datasets: dict[str, Dataset], settings: Settings, *, use_gpu: bool) -> Path:
    from ray.train import CheckpointConfig, DataConfig, FailureConfig, RunConfig, ScalingConfig
    from ray.train.xgboost import XGBoostTrainer

    chosen = settings.train.xgboost
    threads = max(1, (os.cpu_count() or 1) // chosen.num_workers)
    trainer = XGBoostTrainer(
        train_loop,
        train_loop_config={
            "settings": chosen,
            "seed": settings.train.seed,
            "threads": threads,
            "device": "cuda" if use_gpu else "cpu",
        },
        datasets=datasets,  # pyright: ignore[reportArgumentType]
        # Every worker judges all validation titles, so that all of them stop at the same round.
        dataset_config=DataConfig(datasets_to_split=["train"]),
        scaling_config=ScalingConfig(num_workers=chosen.num_workers, use_gpu=use_gpu),
        run_config=RunConfig(
            storage_path=str(settings.ray_results_dir),
            failure_config=FailureConfig(max_failures=2),
            checkpoint_config=CheckpointConfig(num_to_keep=2),
        ),
    )
    checkpoint = trainer.fit().checkpoint
    assert checkpoint is not None
    return Path(checkpoint.path)
