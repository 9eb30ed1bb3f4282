"""The worker of mosec, in a module of its own: mosec starts a process that imports it by name."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from mosec import Worker

from benchmarks.serving_models import open_model
from benchmarks.serving_peers import MOSEC_BUNDLE, MOSEC_MODEL, answers


class GenreWorker(Worker):
    """Probabilities of each title of each request of a batch."""

    def __init__(self) -> None:
        super().__init__()
        self._model = open_model(os.environ[MOSEC_MODEL], Path(os.environ[MOSEC_BUNDLE]))

    def forward(self, data: list[Any]) -> list[Any]:
        """A batch of request bodies to a batch of answers."""
        return answers(self._model, data)
