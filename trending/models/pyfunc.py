"""The bundle as MLflow's `pyfunc` flavour loads it: by module, without a pickle."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trending.models.bundle import MANIFEST, Bundle, load_bundle

if TYPE_CHECKING:
    import pandas as pd


class PyfuncModel:
    """The bundle as MLflow's `pyfunc` sees it: a frame with a column `document` in, genres' columns out."""

    def __init__(self, bundle: Bundle) -> None:
        self._bundle = bundle

    def predict(self, frame: pd.DataFrame, params: Mapping[str, Any] | None = None) -> pd.DataFrame:
        """Probabilities, one column a genre."""
        import pandas as pd

        probabilities = self._bundle.model.predict_proba(frame["document"].tolist())
        return pd.DataFrame(probabilities, columns=list(self._bundle.model.genres))


def _load_pyfunc(path: str) -> PyfuncModel:
    """MLflow's entry point of a `loader_module`."""
    data = Path(path)
    return PyfuncModel(
        load_bundle(data if (data / MANIFEST).is_file() else next(data.rglob(MANIFEST)).parent)
    )


def input_example() -> pd.DataFrame:
    """One row in the form that the model takes."""
    import pandas as pd

    return pd.DataFrame(
        {"document": ["High Noon\nA marshal waits for the noon train and for help that never comes."]}
    )
