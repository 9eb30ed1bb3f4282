"""From files to the binned matrix that XGBoost trains on, a batch at a time. Imported by workers alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import xgboost

from trending.training.xgboost.rows import RowFiles, Rows


def binned(
    files: RowFiles,
    *,
    max_bin: int,
    threads: int,
    like: xgboost.DMatrix | None = None,
    cache: Path | None = None,
) -> xgboost.DMatrix:
    """The rows of these files as bins, one byte or two a value; they are never in memory as they were.

    `like` is a matrix whose bins are used, so that its trees answer exactly as on the values themselves.
    With `cache`, the bins too are kept in files, beginning with this path.
    """
    batches = _Batches(files, cache)
    if cache:
        return xgboost.ExtMemQuantileDMatrix(batches, max_bin=max_bin, nthread=threads, ref=like)
    return xgboost.QuantileDMatrix(batches, max_bin=max_bin, nthread=threads, ref=like)


class _Batches(xgboost.DataIter):
    """XGBoost goes through the rows several times: for the bins, then to fill them."""

    def __init__(self, files: RowFiles, cache: Path | None) -> None:
        self._files = files
        self._left: Iterator[Rows] = files.batches()
        super().__init__(cache_prefix=str(cache) if cache else None)

    def next(self, input_data: Callable[..., None]) -> bool:
        """Hand over one batch; False at the end."""
        rows = next(self._left, None)
        if rows is None:
            return False
        input_data(data=rows.features, label=rows.labels, weight=rows.weights)
        return True

    def reset(self) -> None:
        """From the beginning."""
        self._left = self._files.batches()
