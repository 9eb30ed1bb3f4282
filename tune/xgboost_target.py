"""Searching the settings of the trees. Their features are computed once, and every trial reads the same files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trending.features.documents import DocumentSet
from trending.planning.ask import Ask
from trending.planning.workers import wants_gpu, xgboost_workers
from trending.progress import Report
from trending.settings import Settings, TrainSettings
from trending.training.xgboost.boosting import boost
from trending.training.xgboost.fit import boosting_rows
from trending.training.xgboost.rows import RowFiles, stage
from tune.schedulers import FULL_BUDGET
from tune.spaces import XGBOOST, Space

if TYPE_CHECKING:
    from ray.train import UserCallback


ROUNDS_BY_RATE = (0.25, 2.0)
"""Times the rounds of the settings: the fewest and the most that a trial has for its learning rate."""


@dataclass(frozen=True)
class SharedRows:
    """Training and validation rows in files."""

    train: RowFiles
    validation: RowFiles


@dataclass(frozen=True)
class XGBoostTarget:
    """Log loss on validation, over the rounds."""

    model: str = "xgboost"
    metric: str = "best_loss"
    mode: str = "min"
    step: str = "rounds_done"
    rounds_by_rate: bool = True
    """A trial with half the learning rate has twice the rounds, within `ROUNDS_BY_RATE`."""

    @property
    def space(self) -> Space:
        """Of the trees, not of their features."""
        return XGBOOST

    def length(self, train: TrainSettings) -> int:
        """Rounds at the most."""
        return train.xgboost.rounds

    def workers(self, train: TrainSettings, gpus: float = 0) -> Ask:
        """Workers of each trial."""
        chosen = train.xgboost
        return xgboost_workers(chosen, gpu=wants_gpu(chosen.device, chosen.num_workers, gpus))

    def reporting(self, train: TrainSettings, base: TrainSettings) -> TrainSettings:
        """With the rounds that its learning rate takes; a checkpoint, and so a report, at least every ninth of them."""
        rounds = self._rounds(train, base) if self.rounds_by_rate else base.xgboost.rounds
        often = min(base.xgboost.checkpoint_every, max(1, rounds // FULL_BUDGET))
        changed = {"rounds": rounds, "checkpoint_every": often}
        return train.model_copy(update={"xgboost": train.xgboost.model_copy(update=changed)})

    def _rounds(self, train: TrainSettings, base: TrainSettings) -> int:
        """As many as make learning rate times rounds what it is in the settings that the search began with.

        Otherwise quick learners would lead at every early rung, and those that end best would be stopped there.
        """
        least, most = ROUNDS_BY_RATE
        times = base.xgboost.learning_rate / train.xgboost.learning_rate
        return max(1, round(base.xgboost.rounds * min(max(times, least), most)))

    def finished(self, reports: Sequence[Mapping[str, Any]], train: TrainSettings) -> bool:
        """All rounds are done, or the last ones brought nothing."""
        done, best = reports[-1]["rounds_done"], reports[-1]["best_round"]
        return done >= train.xgboost.rounds or done - 1 - best >= train.xgboost.early_stopping_rounds

    def prepare(
        self, documents: DocumentSet, settings: Settings, folder: Path, *, report: Report
    ) -> SharedRows:
        """Features and labels in files: embeddings, and scores out of fold."""
        workers = settings.train.xgboost.num_workers
        _, train, validation = boosting_rows(documents, settings, report=report)
        return SharedRows(
            stage(train, folder / "train", workers), stage(validation, folder / "validation", workers)
        )

    def run(
        self,
        shared: SharedRows,
        train: TrainSettings,
        folder: Path,
        callbacks: Sequence[UserCallback],
        *,
        start: Path | None = None,
    ) -> None:
        """Boost."""
        boost(shared.train, shared.validation, train, folder, callbacks=callbacks)
