"""Searching the settings of fine-tuning. Texts are tokenised once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trending.features.documents import DocumentSet
from trending.models.base import Labels
from trending.planning.ask import Ask
from trending.planning.workers import bert_workers, wants_gpu
from trending.progress import Report
from trending.settings import Settings, TrainSettings
from trending.training.bert.loss import genre_weights
from trending.training.bert.trainer import Prepared, prepare, train_network
from tune.spaces import BERT, Space

if TYPE_CHECKING:
    from ray.train import UserCallback


@dataclass(frozen=True)
class SharedTokens:
    """Token tables, and the labels that the weights of genres follow from."""

    prepared: Prepared
    labels: Labels


@dataclass(frozen=True)
class BertTarget:
    """Macro-F1 on validation, over the epochs."""

    model: str = "bert"
    metric: str = "validation_macro_f1"
    mode: str = "max"
    step: str = "epoch"

    @property
    def space(self) -> Space:
        """Of the optimiser and the loss."""
        return BERT

    def length(self, train: TrainSettings) -> int:
        """Epochs at the most."""
        return train.bert.epochs

    def workers(self, train: TrainSettings, gpus: float = 0) -> Ask:
        """Workers of each trial."""
        chosen = train.bert
        return bert_workers(chosen, gpu=wants_gpu(chosen.device, chosen.least_workers, gpus))

    def reporting(self, train: TrainSettings, base: TrainSettings) -> TrainSettings:
        """As they are: every epoch is reported."""
        return train

    def finished(self, reports: Sequence[Mapping[str, Any]], train: TrainSettings) -> bool:
        """All epochs are done, or the last ones brought nothing."""
        best = max(reports, key=lambda one: one["validation_macro_f1"])["epoch"]
        done = reports[-1]["epoch"]
        return done >= train.bert.epochs or done - best >= train.bert.patience

    def prepare(
        self, documents: DocumentSet, settings: Settings, folder: Path, *, report: Report
    ) -> SharedTokens:
        """Tokens and labels."""
        report("Tokenising documents")
        return SharedTokens(prepare(documents, settings.train), documents.subset("train").labels)

    def run(
        self,
        shared: SharedTokens,
        train: TrainSettings,
        folder: Path,
        callbacks: Sequence[UserCallback],
        *,
        start: Path | None = None,
    ) -> None:
        """Fine-tune, with weights of genres by this trial's own power."""
        weights = genre_weights(shared.labels, train.bert.class_weight_power)
        prepared = replace(shared.prepared, positive_weights=weights)
        train_network(prepared, train, folder, callbacks=callbacks, start=start)
