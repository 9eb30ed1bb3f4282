"""One trial: the training of `trending train` with other values, which tells Ray Tune how it goes.

A class, and not a function with Ray's `TuneReportCallback`: a function is not told that its trial is paused or
stopped, so the run of Ray Train within it would die where it stands. Its placement group would then hold its CPUs
until the job ends, and what it had reported in the meantime would be lost.
"""

from __future__ import annotations

import pickle
import shutil
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ray import tune
from ray.train.v2._internal.execution.callback import ControllerCallback

from trending.errors import TrainingError
from trending.settings import TrainSettings
from tune.inheritance import INHERITED, inherit, leave, left_by
from tune.reports import FINISHED, KeepReports, Reports, as_result, nothing_yet
from tune.spaces import with_values
from tune.target import Target

POLL_S = 0.2
GOODBYE_S = 20
"""A run of Ray Train that takes longer to end is left to die with its trial."""
STOP = "stop"
"""A file of this name in the folder of the trials: the search was interrupted."""


@dataclass(frozen=True)
class TrialConfig:
    """What differs between trials."""

    number: int
    values: dict[str, Any]

    @property
    def name(self) -> str:
        """Of its folder, and of its run in Ray Train."""
        return f"trial-{self.number:04d}"


class TrialRun(tune.Trainable):
    """Ray Tune's trainable. Each of its steps is one report of the training, which runs beside it.

    A trial that was paused, or interrupted with the whole job, first says what Tune has not heard, and then goes
    on from its last checkpoint.
    """

    def setup(
        self,
        config: Mapping[str, Any],
        *,
        target: Target,
        train: TrainSettings,
        folder: Path,
        shared: Any,
        portable: bool,
    ) -> None:
        """`folder` is that of all trials. With `portable`, other trials may go on from this one's checkpoints."""
        self._trial = trial = TrialConfig(**config)
        self._portable = portable
        self._target, self._folder, self._shared = target, folder, shared
        self._settings = target.reporting(with_values(train, trial.values), train)
        self._run_folder = folder / trial.name
        self._start = folder / f"{trial.name}.{INHERITED}"
        self._reports = Reports(folder / f"{trial.name}.jsonl")
        self._controller = RememberController(folder / f"{trial.name}.controller")
        self._told = 0
        self._result = nothing_yet(target)
        self._training: threading.Thread | None = None
        self._error: Exception | None = None

    def step(self) -> dict[str, Any]:
        """The next report. `done` comes after the last one, so that a scheduler sees that one, too."""
        while True:
            over = self._training is not None and not self._training.is_alive()
            reports = self._reports.read()
            if self._told < len(reports):
                self._told += 1
                self._result = as_result(reports[: self._told], self._target, self._settings)
                return dict(self._result)
            if self._error is not None:
                raise self._error
            if over or self._result[FINISHED]:
                return self._result | {FINISHED: True, "done": True}
            if (self._folder / STOP).exists():
                return self._result | {"done": True}
            self._go_on()

    def save_checkpoint(self, checkpoint_dir: str) -> None:
        """How much Tune has heard; with `portable` also what another trial needs to go on from here."""
        leave(Path(checkpoint_dir), self._trial.number, self._told, self._reports, weights=self._portable)

    def load_checkpoint(self, checkpoint: dict[str, Any] | str | None) -> None:
        """After a pause; or what another trial left, to go on from with this trial's values."""
        assert isinstance(checkpoint, str)
        left = Path(checkpoint)
        number, self._told = left_by(left)
        if number != self._trial.number:
            shutil.rmtree(self._run_folder, ignore_errors=True)
            inherit(left, self._reports, self._start)
        if heard := self._reports.read()[: self._told]:
            self._result = as_result(heard, self._target, self._settings)

    def cleanup(self) -> None:
        """The trial is paused, stopped or done: its run of Ray Train ends, and gives back what it holds."""
        if self._training is not None and self._training.is_alive():
            self._controller.abort()
            self._training.join(GOODBYE_S)

    def _go_on(self) -> None:
        """Begin the training, or give it time."""
        if self._training is None:
            self._training = threading.Thread(target=self._train, daemon=True)
            self._training.start()
        self._training.join(POLL_S)

    def _train(self) -> None:
        callbacks: list[Any] = [KeepReports(self._reports, self._target), self._controller]
        try:
            start = self._start if self._start.is_dir() else None
            self._target.run(self._shared, self._settings, self._run_folder, callbacks, start=start)
        except Exception as error:  # noqa: BLE001 (raised again by `step`, which Ray Tune calls)
            self._error = error
        else:
            if not self._reports.read():
                self._error = TrainingError(f"The training never reported {self._target.metric}.")


class RememberController(ControllerCallback):
    """Notes down who controls a run of Ray Train, so that the run can be ended from outside."""

    def __init__(self, file: Path) -> None:
        """`file` must be on the node of the trial: Ray puts the controller there."""
        self._file = file
        file.unlink(missing_ok=True)

    def after_controller_start(self, train_run_context: Any) -> None:
        """Called by Ray Train in the controller."""
        import ray

        handle = pickle.dumps(ray.get_runtime_context().current_actor)
        scratch = self._file.with_suffix(".part")
        scratch.write_bytes(handle)
        scratch.rename(self._file)

    def abort(self) -> None:
        """End the run as Ctrl-C would: its workers stop, and their placement group goes."""
        import ray
        from ray.exceptions import GetTimeoutError, RayActorError

        if not self._file.is_file():
            return
        controller = pickle.loads(self._file.read_bytes())
        with suppress(RayActorError, GetTimeoutError):  # it ends by leaving, so it never answers
            ray.get(controller.abort.remote(), timeout=GOODBYE_S)
