"""A search that is under way or over: what it must know to go on after the death of the job."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from pydantic import ValidationError

from trending.errors import TrainingError
from trending.settings import Settings, TrainSettings

RECORD = "study.json"


@dataclass(frozen=True)
class Study:
    """One search. `folder` holds its record, Optuna's database, the trials' checkpoints and the best settings."""

    model: str
    snapshot_id: int
    time_split: bool
    trials: int
    """In all, those that were stopped or failed among them."""
    scheduler: str
    search: str
    """How values are proposed: `tpe` or `random`."""
    train: TrainSettings
    """What trials start from."""
    run_id: str
    """Of the parent run in MLflow."""
    folder: Path

    @property
    def name(self) -> str:
        """What `--resume` takes."""
        return self.folder.name

    @property
    def trials_dir(self) -> Path:
        """Checkpoints and reports of the trials."""
        return self.folder / "trials"

    @property
    def shared_dir(self) -> Path:
        """What all trials read."""
        return self.folder / "shared"

    @property
    def database(self) -> str:
        """Address of Optuna's storage."""
        return f"sqlite:///{self.folder / 'study.db'}"

    @property
    def best_file(self) -> Path:
        """Settings of the best trial, for `trending train --settings`."""
        return self.folder / "best.yaml"

    def write(self) -> None:
        """Put the record down before any trial starts."""
        self.folder.mkdir(parents=True, exist_ok=True)
        found = {name: value for name, value in vars(self).items() if name not in ("train", "folder")}
        found["train"] = self.train.model_dump(mode="json")
        (self.folder / RECORD).write_text(json.dumps(found, indent=1), encoding="utf-8")


def new_folder(settings: Settings, model: str) -> Path:
    """A folder for a study that begins, named for the model and the time."""
    name = f"{model}-{datetime.now(UTC):%Y%m%d-%H%M%S}"
    taken = len(list(settings.tuning_dir.glob(f"{name}*")))
    return settings.tuning_dir / (f"{name}-{taken + 1}" if taken else name)


def find_study(settings: Settings, word: str, *, model: str, trials: int | None = None) -> Study:
    """The study whose name is or begins with `word`; `trials` is its new number of trials, if it has one.

    Raises `TrainingError` where there is none (or more than one), or it is about another model.
    """
    known = {path.parent.name: path for path in sorted(settings.tuning_dir.glob(f"*/{RECORD}"))}
    matches = [known[word]] if word in known else [known[name] for name in known if name.startswith(word)]
    if not word or len(matches) != 1:
        raise TrainingError(f"{word!r} names no single study. There are: {', '.join(known) or 'none'}.")
    study = _read(matches[0])
    if study.model != model:
        raise TrainingError(
            f"Study {study.name} is about {study.model}, not {model}. Resume it by that name."
        )
    if trials is None or trials == study.trials:
        return study
    study = replace(study, trials=trials)
    study.write()
    return study


def _read(path: Path) -> Study:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        return Study(**{**found, "train": TrainSettings.model_validate(found["train"])}, folder=path.parent)
    except (ValueError, TypeError, KeyError, ValidationError) as error:
        raise TrainingError(
            f"{path}: the record of this study cannot be read, so it cannot go on: {error}. Start a new one."
        ) from error
