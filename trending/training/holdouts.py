"""Which titles a model learns from and which it is tested on, when it should be tested on something else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from trending.catalog.tables import Tables
from trending.errors import TrainingError
from trending.features.documents import SPLITS, DocumentSet
from trending.settings import Settings

MOST_PLATFORMS = 4
"""Platforms that are left out in turn where none is named."""
LEAST = 20
"""Titles that each split must have."""


@dataclass(frozen=True)
class Holdout:
    """One way to hold titles out: `documents.splits` says which."""

    name: str
    documents: DocumentSet
    time_split: bool = False
    platform: str | None = None


@dataclass(frozen=True)
class Origins:
    """Of each title its platform and the hash of its plot, in the order of the documents."""

    platforms: npt.NDArray[np.str_]
    plots: npt.NDArray[np.str_]


def read_origins(settings: Settings, documents: DocumentSet) -> Origins:
    """The origins of these documents, from the catalogue."""
    columns = ["title_id", "platform", "content_hash"]
    rows = Tables(settings).read_arrow("titles", documents.snapshot_id, columns=columns).to_pylist()
    by_id = {row["title_id"]: row for row in rows}
    found = [by_id[title_id] for title_id in documents.title_ids]
    return Origins(
        np.array([row["platform"] for row in found], np.str_),
        np.array([row["content_hash"] for row in found], np.str_),
    )


def choose_platforms(origins: Origins, wanted: Sequence[str], *, least: int) -> list[str]:
    """The platforms that are wanted; else the largest, at most `MOST_PLATFORMS`, of `least` titles or more.

    None where there is but one platform. Raises `TrainingError` for one that there is not.
    """
    counts = Counter(origins.platforms.tolist())
    unknown = [platform for platform in wanted if platform not in counts]
    if unknown:
        raise TrainingError(
            f"There is no platform {unknown[0]!r} here. There are: {', '.join(sorted(counts))}."
        )
    if len(counts) < 2:
        return []
    largest = [platform for platform, titles in counts.most_common(MOST_PLATFORMS) if titles >= least]
    return list(dict.fromkeys(wanted)) or largest


def of_platform(documents: DocumentSet, origins: Origins, platform: str) -> Holdout:
    """All titles of one platform are the test; those of the others train, but for those whose split is validation.

    A title of another platform goes where its work (`title_key`) or its plot is also on the one left out: the model
    would have seen what it is tested on.
    """
    held = origins.platforms == platform
    keys = np.array(documents.title_keys, np.str_)
    known = np.isin(keys, keys[held]) | np.isin(origins.plots, origins.plots[held])
    splits = np.where(held, "test", np.where(documents.splits == "validation", "validation", "train"))
    kept = np.flatnonzero(held | ~known)
    return Holdout(f"without {platform}", replace(documents, splits=splits).take(kept), platform=platform)


def check_holdout(holdout: Holdout) -> None:
    """Raise `TrainingError` where a split is too small to train or judge a model."""
    for split in SPLITS:
        count = int((holdout.documents.splits == split).sum())
        if count < LEAST:
            raise TrainingError(
                f"{holdout.name}: {count} titles in the {split} split, fewer than {LEAST}. Leave out another "
                "platform (`--platform`), or ingest more titles."
            )
