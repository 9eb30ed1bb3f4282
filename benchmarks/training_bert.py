"""Fine-tuning beside the Hugging Face `Trainer`: the same network, titles, threads and batch size."""

from __future__ import annotations

import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from trending.features.documents import DocumentSet
from trending.features.encoders import encoder_folder
from trending.models.bert_network import GenreNetwork, new_network
from trending.settings import BertSettings, TrainSettings
from trending.training.bert.loss import title_losses
from trending.training.bert.optimizer import freeze
from trending.training.bert.trainer import Prepared, prepare, run_loop

THREADS = 2
"""Of the one process of the `Trainer`, as of one worker: all cores of the machine that this is written for."""
RANDOM, GROUPED = "random", "group_by_length"


@dataclass(frozen=True)
class Speed:
    """One epoch of one way to train."""

    name: str
    titles_per_second: float
    loss: float
    """Mean of the last ten steps."""
    padding: float | None
    """Share of the tokens that are padding."""


def speeds(documents: DocumentSet, train: TrainSettings) -> list[Speed]:
    """An epoch of each, one after the other. Ray must be running."""
    prepared = prepare(documents, train)
    found = [
        by_hugging_face("Hugging Face Trainer", prepared, train, RANDOM),
        by_hugging_face("Hugging Face Trainer, grouped by length", prepared, train, GROUPED),
    ]
    for name, changes in WAYS.items():
        found.append(by_ray(name, prepared, with_bert(train, **changes)))
    return found


WAYS: dict[str, dict[str, Any]] = {
    "1 worker, plain PyTorch, no buckets": {"num_workers": 1, "engine": "torch", "bucket_batches": 1},
    "1 worker, ZeRO 1, no buckets": {"num_workers": 1, "bucket_batches": 1},
    "1 worker, ZeRO 1": {"num_workers": 1},
    "2 workers, plain PyTorch": {"engine": "torch"},
    "2 workers, ZeRO 0": {"zero_stage": 0},
    "2 workers, ZeRO 1": {"zero_stage": 1},
    "2 workers, ZeRO 2": {"zero_stage": 2},
    "2 workers, ZeRO 3": {"zero_stage": 3},
}


def with_bert(train: TrainSettings, **changes: Any) -> TrainSettings:
    """The same settings but for these of the fine-tuning: an epoch without checkpoints in its middle."""
    values = train.bert.model_dump() | {"epochs": 1, "checkpoint_steps": 10**9} | changes
    return train.model_copy(update={"bert": BertSettings.model_validate(values)})


def by_ray(name: str, prepared: Prepared, train: TrainSettings) -> Speed:
    """What the first worker noted in its history of the epoch."""
    from trending.training.bert.checkpoint import read_progress

    with tempfile.TemporaryDirectory() as scratch:
        result = run_loop(prepared, train, Path(scratch) / "run")
        with result.checkpoint.as_directory() as folder:
            history = read_progress(Path(folder)).history
    epoch = next(point for point in history if "epoch/titles_per_second" in point)
    losses = [point["step/loss"] for point in history if "step/loss" in point]
    return Speed(
        name, epoch["epoch/titles_per_second"] * train.bert.most_workers, losses[-1], epoch["epoch/padding"]
    )


def by_hugging_face(name: str, prepared: Prepared, train: TrainSettings, sampling: str) -> Speed:
    """`transformers.Trainer` as it comes, with this network and loss."""
    from transformers import PrinterCallback, Trainer, TrainingArguments
    from transformers.utils import logging

    logging.set_verbosity_error()
    torch.set_num_threads(THREADS)
    bert = train.bert
    with tempfile.TemporaryDirectory() as scratch:
        arguments = TrainingArguments(
            output_dir=scratch,
            per_device_train_batch_size=bert.batch_size,
            num_train_epochs=1,
            learning_rate=bert.optimizer.learning_rate,
            weight_decay=bert.optimizer.weight_decay,
            max_grad_norm=bert.optimizer.gradient_clipping,
            warmup_steps=bert.optimizer.warmup_share,
            train_sampling_strategy=sampling,
            logging_steps=10,
            save_strategy="no",
            report_to=[],
            disable_tqdm=True,
            remove_unused_columns=False,
            use_cpu=True,
            seed=train.seed,
        )
        collator = Collator(prepared.pad)
        trainer = Trainer(
            model=WithLoss(_network(prepared, train), prepared.positive_weights),
            args=arguments,
            train_dataset=_titles(prepared),
            data_collator=collator,
        )
        trainer.remove_callback(PrinterCallback)
        began = time.perf_counter()
        trainer.train()
        seconds = time.perf_counter() - began
    losses = [entry["loss"] for entry in trainer.state.log_history if "loss" in entry]
    return Speed(name, prepared.train.num_rows / seconds, losses[-1], 1 - collator.tokens / collator.padded)


def _network(prepared: Prepared, train: TrainSettings) -> GenreNetwork:
    torch.manual_seed(train.seed)
    bert = train.bert
    network = new_network(encoder_folder(bert.model), genres=prepared.genres, dropout=bert.dropout)
    freeze(network, embeddings=bert.freeze_embeddings, layers=bert.frozen_layers)
    return network


def _titles(prepared: Prepared) -> list[dict[str, Any]]:
    return [
        {"input_ids": ids, "labels": labels, "length": len(ids)}
        for ids, labels in zip(
            prepared.train["ids"].to_pylist(), prepared.train["labels"].to_pylist(), strict=True
        )
    ]


class WithLoss(nn.Module):
    """The network as the `Trainer` wants it: it brings its own loss."""

    positive_weights: torch.Tensor

    def __init__(self, network: GenreNetwork, positive_weights: np.ndarray) -> None:
        super().__init__()
        self.network = network
        self.register_buffer("positive_weights", torch.tensor(positive_weights))

    def forward(
        self, input_ids: torch.Tensor, attention_mask: torch.Tensor, labels: torch.Tensor
    ) -> dict[str, torch.Tensor]:
        """Loss and logits."""
        logits = self.network(input_ids, attention_mask)
        return {"loss": title_losses(logits, labels, self.positive_weights).mean(), "logits": logits}


class Collator:
    """Pads to the longest of a batch, in multiples of 8 as we do; counts what that wastes."""

    def __init__(self, pad: int) -> None:
        self._pad = pad
        self.tokens = self.padded = 0

    def __call__(self, titles: list[dict[str, Any]]) -> dict[str, torch.Tensor]:
        """Tensors of a batch."""
        longest = -(-max(len(title["input_ids"]) for title in titles) // 8) * 8
        ids = torch.full((len(titles), longest), self._pad)
        mask = torch.zeros_like(ids)
        for row, title in enumerate(titles):
            length = len(title["input_ids"])
            ids[row, :length] = torch.tensor(title["input_ids"])
            mask[row, :length] = 1
        self.tokens += int(mask.sum())
        self.padded += mask.numel()
        labels = torch.tensor([title["labels"] for title in titles], dtype=torch.float32)
        return {"input_ids": ids, "attention_mask": mask, "labels": labels}
