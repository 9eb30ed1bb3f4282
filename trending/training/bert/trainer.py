"""The fine-tuning as one call: token tables in, the best network out."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from trending.catalog.splits import rare_genre_weights
from trending.errors import TrainingError
from trending.features.encoders import encoder_folder
from trending.planning.workers import bert_workers, computes_on
from trending.settings import BertSettings, TrainSettings
from trending.training.bert.job import TRAIN, VALIDATION, Job
from trending.training.bert.progress import NON_FINITE, Progress
from trending.training.ray_train import gpus_for, run_config, run_to_end, scaling_config

if TYPE_CHECKING:
    import pyarrow as pa
    from ray.train import UserCallback

    from trending.features.documents import DocumentSet
    from trending.models.bert_network import GenreNetwork

BLOCK_ROWS = 10_000


@dataclass(frozen=True)
class Prepared:
    """Token tables of the two splits, and what the loss and the padding need."""

    train: pa.Table
    validation: pa.Table
    genres: int
    positive_weights: np.ndarray
    pad: int


@dataclass(frozen=True)
class Trained:
    """The network of the best epoch, and how it came about."""

    network: GenreNetwork
    progress: Progress
    metrics: dict[str, Any]
    """What was reported last."""


def prepare(documents: DocumentSet, settings: TrainSettings) -> Prepared:
    """Tokenise the training and validation titles."""
    from trending.training.bert.loss import genre_weights
    from trending.training.bert.tokens import load_tokenizer, token_table

    train, validation = documents.subset("train"), documents.subset("validation")
    tokenizer = load_tokenizer(encoder_folder(settings.bert.model))
    length = settings.bert.max_tokens
    weights = rare_genre_weights(train.genre_lists(), strength=settings.balance)
    equal = np.ones(len(validation.documents), np.float32)
    return Prepared(
        train=token_table(train, weights, tokenizer, max_tokens=length),
        validation=token_table(validation, equal, tokenizer, max_tokens=length),
        genres=len(documents.genres),
        positive_weights=genre_weights(train.labels, settings.bert.class_weight_power),
        pad=tokenizer.pad_token_id,
    )


def train_network(
    prepared: Prepared,
    settings: TrainSettings,
    folder: Path,
    *,
    mlflow_run: tuple[str, str] = ("", ""),
    callbacks: Sequence[UserCallback] = (),
    start: Path | None = None,
    loop: Callable[[Any], None] | None = None,
) -> Trained:
    """Fine-tune on Ray Train; the network of the best validation macro-F1 comes back.

    Ray must be running. Checkpoints are kept in `folder`; if there are any, the training goes on from the last,
    else from `start`, the folder of another training's checkpoint.
    `mlflow_run` is a tracking address and a run id that the curves are logged to. Raises `TrainingError` where
    the loss stopped being a number; the batch is then kept under `folder`.
    """
    from trending.training.bert.checkpoint import BEST, read_progress, read_weights

    result = run_loop(
        prepared, settings, folder, mlflow_run=mlflow_run, callbacks=callbacks, start=start, loop=loop
    )
    with result.checkpoint.as_directory() as path:
        progress = read_progress(Path(path))
        best = read_weights(Path(path), BEST)
    if progress.stopped == NON_FINITE:
        raise TrainingError(
            f"The loss of step {progress.step + 1} is not a finite number. The batch and the weights are kept: "
            f"`trending train bert --replay {folder}` shows where it comes from. Try a lower learning rate."
        )
    network = _network(settings, prepared.genres)
    network.load_state_dict(best, strict=False)
    return Trained(network.eval(), progress, dict(result.metrics or {}))


def run_loop(
    prepared: Prepared,
    settings: TrainSettings,
    folder: Path,
    *,
    mlflow_run: tuple[str, str] = ("", ""),
    callbacks: Sequence[UserCallback] = (),
    start: Path | None = None,
    loop: Callable[[Any], Any] | None = None,
) -> Any:
    """Ray Train's result of the training loop (or another `loop`) on the workers of the settings."""
    from ray.train import DataConfig
    from ray.train.torch import TorchConfig, TorchTrainer

    from trending.training.bert.loop import train_loop

    gpu = gpus_for(settings.bert.device, settings.bert.least_workers)
    cuda = computes_on(settings.bert.device, gpu=gpu) == "cuda"
    job = _job(prepared, settings, folder, gpu=cuda, mlflow_run=mlflow_run, start=start)
    trainer = TorchTrainer(
        loop or train_loop,
        train_loop_config={"job": job},
        datasets={TRAIN: _dataset(prepared.train), VALIDATION: _dataset(prepared.validation)},
        # Every worker reads every row, and takes its part of each batch (see `batches`).
        dataset_config=DataConfig(datasets_to_split=[]),
        scaling_config=_scaling(settings.bert, gpu=gpu),
        torch_config=TorchConfig(backend="nccl" if cuda else "gloo"),
        run_config=run_config(folder, callbacks=callbacks),
    )
    return run_to_end(trainer)


def _job(
    prepared: Prepared,
    settings: TrainSettings,
    folder: Path,
    *,
    gpu: bool,
    mlflow_run: tuple[str, str],
    start: Path | None,
) -> Job:
    tracking_uri, run_id = mlflow_run
    return Job(
        settings=settings.bert,
        seed=settings.seed,
        genres=prepared.genres,
        titles=prepared.train.num_rows,
        positive_weights=prepared.positive_weights,
        pad=prepared.pad,
        gpu=gpu,
        threads=_threads(settings.bert),
        folder=folder,
        start=start,
        tracking_uri=tracking_uri,
        run_id=run_id,
    )


def _scaling(settings: BertSettings, *, gpu: bool) -> Any:
    return scaling_config(bert_workers(settings, gpu=gpu), elastic_check_s=settings.elastic_check_s)


def _threads(settings: BertSettings) -> int:
    """Of a worker: its CPUs where the settings give it some, else its share of this machine."""
    asked = int(settings.resources.cpus)
    return asked if asked > 1 else max(1, (os.cpu_count() or 1) // settings.most_workers)


def _network(settings: TrainSettings, genres: int) -> GenreNetwork:
    from trending.models.bert_network import new_network

    return new_network(encoder_folder(settings.bert.model), genres=genres, dropout=settings.bert.dropout)


def _dataset(table: pa.Table) -> Any:
    import ray

    blocks = [table.slice(start, BLOCK_ROWS) for start in range(0, table.num_rows, BLOCK_ROWS)]
    return ray.data.from_arrow(blocks)
