"""Titles that were answered in some stretch of time, as columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from trending.models.base import Probabilities


@dataclass(frozen=True)
class Window:
    """All arrays run parallel, one row a title."""

    words: npt.NDArray[np.float64]
    """Words of the document."""
    unknown: npt.NDArray[np.float64]
    """Share of its words that no training title had."""
    languages: npt.NDArray[np.str_]
    platforms: npt.NDArray[np.str_]
    kinds: npt.NDArray[np.str_]
    probabilities: Probabilities
    """`[n, genres]`."""
    assigned: npt.NDArray[np.bool_]
    """`[n, genres]`: at or above the thresholds."""
    embeddings: npt.NDArray[np.float32] | None = None
    """`[n, width]`; None where nothing embeds."""
    labels: npt.NDArray[np.bool_] | None = None
    """`[n, genres]`, where somebody has said what is right."""

    def __len__(self) -> int:
        """Titles."""
        return len(self.words)

    def take(self, rows: npt.NDArray[np.intp]) -> Window:
        """The titles at these positions."""
        given = {one.name: getattr(self, one.name) for one in fields(self)}
        return replace(self, **{name: value[rows] for name, value in given.items() if value is not None})

    def save(self, file: Path) -> None:
        """Into one file of NumPy's format, whole or not at all."""
        given = {one.name: getattr(self, one.name) for one in fields(self)}
        file.parent.mkdir(parents=True, exist_ok=True)
        new = file.with_suffix(".new.npz")
        np.savez_compressed(new, **{name: value for name, value in given.items() if value is not None})
        new.replace(file)


def load_window(file: Path) -> Window:
    """What `Window.save` wrote."""
    with np.load(file, allow_pickle=False) as arrays:
        return Window(**{name: arrays[name] for name in arrays.files})


def joined(windows: Sequence[Window]) -> Window:
    """One after the other. What one of them lacks, all lack."""
    columns = {one.name: [getattr(part, one.name) for part in windows] for one in fields(Window)}
    there = {name: parts for name, parts in columns.items() if all(part is not None for part in parts)}
    return Window(**{name: np.concatenate(parts) for name, parts in there.items()})
