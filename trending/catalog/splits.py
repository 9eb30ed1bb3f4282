"""Which titles train, which choose thresholds, which are never touched until the end."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from datetime import date

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from trending.settings import SplitSettings

TRAIN, VALIDATION, TEST = "train", "validation", "test"
SPLITS = (TRAIN, VALIDATION, TEST)


def split_of(title_key: str, settings: SplitSettings) -> str:
    """The split of a work, from its key alone: adding or removing other titles never moves it."""
    return _at(_fraction(title_key), settings)


def time_split(table: pa.Table, settings: SplitSettings) -> pa.Array:
    """Splits by time, one a row: earlier works train, later ones validate, the latest test.

    The time of a row is `added_on`, else the start of its `release_year`; that of a work the earliest of its
    rows, so that all rows of one `title_key` share a split. Reads only these three columns.
    """
    keys = table["title_key"].to_pylist()
    first: dict[str, date] = {}
    for key, added, year in zip(
        keys, table["added_on"].to_pylist(), table["release_year"].to_pylist(), strict=True
    ):
        time = added or date(year or 1, 1, 1)
        first[key] = min(time, first.get(key, time))
    rows = Counter(keys)
    split, seen = {}, 0
    for key in sorted(first, key=lambda key: (first[key], _fraction(key))):
        split[key] = _at((seen + rows[key] / 2) / len(keys), settings)
        seen += rows[key]
    return pa.array([split[key] for key in keys], pa.string())


def rare_genre_weights(genres: Sequence[Sequence[str]], *, strength: float) -> npt.NDArray[np.float32]:
    """Sampling weights `[n]` of training rows, mean 1: a row counts as much as its rarest genre asks for.

    `strength` 0 weighs all rows alike; 1 weighs them by the inverse frequency of that genre.
    """
    counts = Counter(genre for row in genres for genre in set(row))
    rarest = np.array([min((counts[g] for g in row), default=0) for row in genres], dtype=np.float64)
    if not rarest.any():
        return np.ones(len(genres), dtype=np.float32)
    rarest[rarest == 0] = rarest.max()
    weights = (rarest.max() / rarest) ** strength
    return (weights / weights.mean()).astype(np.float32)


def _at(fraction: float, settings: SplitSettings) -> str:
    if fraction < settings.train:
        return TRAIN
    return VALIDATION if fraction < settings.train + settings.validation else TEST


def _fraction(key: str) -> float:
    digest = hashlib.blake2b(key.encode("utf-8", "surrogatepass"), digest_size=8, person=b"trending-split")
    return int.from_bytes(digest.digest(), "big") / 2**64
