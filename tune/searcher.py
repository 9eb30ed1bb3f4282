"""Where Ray Tune gets the values of its trials: from the study, those of interrupted trials first.

Ray's own `OptunaSearch` tells Optuna that a trial which was stopped early is complete, and its saved state lags
behind the database. Here the database alone says what is done; `StudyRecorder` writes to it.
"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from ray.tune.search import Searcher

from tune.reports import OBJECTIVE
from tune.trial import TrialConfig
from tune.trials import Trials


class StudySearcher(Searcher):
    """Proposes one trial of the study after the other, as many as are left."""

    def __init__(self, trials: Trials, mode: str) -> None:
        """`mode` is `min` or `max`."""
        super().__init__(metric=OBJECTIVE, mode=mode)
        self._trials = trials
        self._left = trials.left

    def suggest(self, trial_id: str) -> dict[str, Any] | str:
        """The config of the next trial."""
        if not self._left:
            return Searcher.FINISHED
        self._left -= 1
        taken = self._trials.take()
        return asdict(TrialConfig(taken.number, dict(taken.values)))

    def on_trial_complete(
        self, trial_id: str, result: dict[str, Any] | None = None, error: bool = False
    ) -> None:
        """Nothing: the recorder tells the study."""

    def on_pause(self, trial_id: str) -> None:
        """Nothing: what may run at once is a matter of resources, not of proposals. Asked for by BOHB."""

    def on_unpause(self, trial_id: str) -> None:
        """The same."""

    def save(self, checkpoint_path: str) -> None:
        """An empty file: the study is saved already."""
        Path(checkpoint_path).touch()

    def restore(self, checkpoint_path: str) -> None:
        """Nothing, likewise."""
