"""What a trial has reported, in a file that outlives its processes, and what that means to a scheduler."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ray.train import UserCallback

from trending.settings import TrainSettings
from tune.schedulers import BUDGET, FULL_BUDGET, STEP
from tune.target import Target

if TYPE_CHECKING:
    from ray.train import Checkpoint
    from ray.train.v2._internal.execution.context import TrainRunContext

OBJECTIVE, FINISHED, METRICS = "objective", "finished", "metrics"


class Reports:
    """One JSON line for each report of a training."""

    def __init__(self, file: Path) -> None:
        """`file` need not be there yet. What was being written when its process died is dropped."""
        self.file = file
        self._newest = file.with_suffix(".checkpoint")
        if file.is_file():
            text = file.read_text(encoding="utf-8")
            file.write_text(text[: text.rfind("\n") + 1], encoding="utf-8")

    def read(self) -> list[dict[str, Any]]:
        """All of them, the oldest first."""
        if not self.file.is_file():
            return []
        *whole, _ = self.file.read_text(encoding="utf-8").split("\n")
        return [json.loads(line) for line in whole]

    def add(self, metrics: Mapping[str, Any]) -> None:
        """One more; only its numbers are kept."""
        numbers = {name: value for name, value in metrics.items() if isinstance(value, int | float)}
        with self.file.open("a", encoding="utf-8") as file:
            file.write(json.dumps(numbers) + "\n")

    def remember(self, checkpoint: str) -> None:
        """Where the newest checkpoint is."""
        scratch = self._newest.with_suffix(".part")
        scratch.write_text(checkpoint, encoding="utf-8")
        scratch.replace(self._newest)

    @property
    def newest(self) -> Path | None:
        """The folder of the newest checkpoint."""
        return Path(self._newest.read_text(encoding="utf-8")) if self._newest.is_file() else None


class KeepReports(UserCallback):
    """Called by Ray Train when all workers have reported. Keeps each step once, and only what was validated.

    A training that lost a worker goes on from its last checkpoint, and says some things again.
    """

    def __init__(self, reports: Reports, target: Target) -> None:
        """`target` says which metric counts, and what the steps are."""
        self._reports, self._target = reports, target
        self._last = max((one[target.step] for one in reports.read()), default=-1)

    def after_report(
        self, run_context: TrainRunContext, metrics: list[dict[str, Any]], checkpoint: Checkpoint | None
    ) -> None:
        """The first worker speaks for all."""
        told = metrics[0]
        if checkpoint is not None:
            self._reports.remember(checkpoint.path)
        if self._target.metric in told and told[self._target.step] > self._last:
            self._last = told[self._target.step]
            self._reports.add(told)


def as_result(reports: Sequence[Mapping[str, Any]], target: Target, train: TrainSettings) -> dict[str, Any]:
    """What Ray Tune is told of the last of these reports."""
    values = [one[target.metric] for one in reports]
    step = int(reports[-1][target.step])
    finished = target.finished(reports, train)
    return {
        STEP: step,
        OBJECTIVE: max(values) if target.mode == "max" else min(values),
        # A training that ended by itself has had all that it wanted: it is not to wait for more at a later rung.
        BUDGET: FULL_BUDGET if finished else FULL_BUDGET * step / target.length(train),
        FINISHED: finished,
        METRICS: dict(reports[-1]),
    }


def nothing_yet(target: Target) -> dict[str, Any]:
    """The same before the first report."""
    worst = float("-inf") if target.mode == "max" else float("inf")
    return {STEP: 0, OBJECTIVE: worst, BUDGET: 0, FINISHED: False, METRICS: {}}
