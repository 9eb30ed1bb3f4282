"""What a training must know to go on after the death of the whole job: written at its start, gone at its end."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from trending.errors import TrainingError
from trending.settings import Settings, TrainSettings

RECORD = "run.json"


@dataclass(frozen=True)
class TrainingRun:
    """A training under way. `folder` holds its checkpoints, under the name that Ray Train resumes by."""

    run_id: str
    model: str
    snapshot_id: int
    time_split: bool
    train: TrainSettings
    folder: Path
    warm_start: str | None = None
    """Bundle folder of the model that this one goes on from."""

    @property
    def name(self) -> str:
        """Of the run in Ray Train."""
        return self.folder.name

    def write(self) -> None:
        """Put the record down before anything is trained."""
        self.folder.mkdir(parents=True, exist_ok=True)
        found = {
            "run_id": self.run_id,
            "model": self.model,
            "snapshot_id": self.snapshot_id,
            "time_split": self.time_split,
            "warm_start": self.warm_start,
            "train": self.train.model_dump(mode="json"),
        }
        (self.folder / RECORD).write_text(json.dumps(found, indent=1), encoding="utf-8")

    def remove(self) -> None:
        """The training is over: its checkpoints go."""
        shutil.rmtree(self.folder, ignore_errors=True)


def new_run(
    settings: Settings,
    run_id: str,
    model: str,
    snapshot_id: int,
    *,
    time_split: bool,
    warm_start: str | None = None,
) -> TrainingRun:
    """The record of a training that begins."""
    folder = settings.ray_results_dir / f"{model}-{run_id}"
    run = TrainingRun(run_id, model, snapshot_id, time_split, settings.train, folder, warm_start)
    run.write()
    return run


def unfinished_run(settings: Settings, word: str) -> TrainingRun:
    """The unfinished training whose run id is or starts with `word`.

    Raises `TrainingError` where there is none (or more than one), naming those that there are.
    """
    records = sorted(settings.ray_results_dir.glob(f"*/{RECORD}"))
    runs = {path.parent.name.rpartition("-")[2]: path for path in records}
    matches = [path for run_id, path in runs.items() if word and run_id.startswith(word)]
    if len(matches) != 1:
        known = ", ".join(runs) or "none"
        raise TrainingError(f"{word!r} names no single unfinished training. Unfinished: {known}.")
    return _read(matches[0])


def _read(path: Path) -> TrainingRun:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        train = TrainSettings.model_validate(found.pop("train"))
        return TrainingRun(**found, train=train, folder=path.parent)
    except (ValueError, TypeError, KeyError, ValidationError) as error:
        raise TrainingError(
            f"{path}: the record of this training cannot be read, so it cannot go on: {error}. Train anew."
        ) from error
