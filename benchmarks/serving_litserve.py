"""LitServe's model: `benchmarks.serving_peers` serves it. Its worker is another process, which imports it by name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import litserve

from benchmarks.serving_models import open_model
from benchmarks.serving_peers import answers


class GenreAPI(litserve.LitAPI):
    """The bundle, loaded in the worker."""

    def __init__(self, kind: str, bundle: Path, **options: Any) -> None:
        super().__init__(**options)
        self._kind, self._bundle = kind, bundle

    def setup(self, device: str) -> None:
        """In the worker, before the first batch."""
        self.model = open_model(self._kind, self._bundle)

    def batch(self, inputs: list[Any]) -> list[Any]:
        """Requests as they are: one call of the model takes titles of all of them."""
        return inputs

    def predict(self, x: list[Any], **_: Any) -> list[Any]:
        """One answer a request."""
        return answers(self.model, x)

    def unbatch(self, output: list[Any]) -> list[Any]:
        """They are one a request already."""
        return output
