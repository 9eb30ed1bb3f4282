"""What the search needs to know of a model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from trending.errors import TrainingError
from trending.features.documents import DocumentSet
from trending.planning.ask import Ask
from trending.progress import Report
from trending.settings import Settings, TrainSettings
from tune.spaces import Space

if TYPE_CHECKING:
    from ray.train import UserCallback

MODELS = ("xgboost", "bert")


class Target(Protocol):
    """A model whose settings can be searched. Instances travel to the trials."""

    @property
    def model(self) -> str:
        """As in `trending train`."""
        ...

    @property
    def space(self) -> Space:
        """What is searched."""
        ...

    @property
    def metric(self) -> str:
        """What a training reports that the search is about."""
        ...

    @property
    def mode(self) -> str:
        """`min` or `max`."""
        ...

    @property
    def step(self) -> str:
        """What a training reports of how far it has come: a whole number that grows."""
        ...

    def length(self, train: TrainSettings) -> int:
        """`step` at the end of a training that nothing stops."""
        ...

    def workers(self, train: TrainSettings, gpus: float = 0) -> Ask:
        """Workers of a training, on a cluster with so many GPUs."""
        ...

    def reporting(self, train: TrainSettings, base: TrainSettings) -> TrainSettings:
        """A trial's settings, made to report often enough for a scheduler; `base` are those the search began with."""
        ...

    def finished(self, reports: Sequence[Mapping[str, Any]], train: TrainSettings) -> bool:
        """Whether the training that reported this, last of all the last, is over."""
        ...

    def prepare(self, documents: DocumentSet, settings: Settings, folder: Path, *, report: Report) -> Any:
        """What all trials share, computed once. `folder` is for files. Ray must be running."""
        ...

    def run(
        self,
        shared: Any,
        train: TrainSettings,
        folder: Path,
        callbacks: Sequence[UserCallback],
        *,
        start: Path | None = None,
    ) -> None:
        """Train as `trending train` does, going on from the checkpoints in `folder` if there are any, else from
        the one that `start` is (of bert only)."""
        ...


def find_target(model: str) -> Target:
    """The target of this name. Raises `TrainingError` where nothing can be searched."""
    if model == "xgboost":
        from tune.xgboost_target import XGBoostTarget

        return XGBoostTarget()
    if model == "bert":
        from tune.bert_target import BertTarget

        return BertTarget()
    raise TrainingError(f"Settings of {model!r} cannot be searched. Choose one of {', '.join(MODELS)}.")
