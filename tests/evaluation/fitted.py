"""A small bundle and titles for it, made of two dozen plots."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from trending.features.documents import DocumentSet
from trending.models.bundle import Bundle, save_bundle
from trending.models.linear import LinearModel
from trending.settings import LinearSettings

GENRES = ("Western", "Horror", "Comedy")
WESTERNS = [
    f"A {who} rides slowly into {where} with old friends to face the bandits"
    for who in ("marshal", "sheriff", "gunslinger", "cowboy")
    for where in ("Tombstone", "a frontier town", "a dusty canyon")
]
HORRORS = [
    f"A {what} stalks the students with old friends in {where} at night"
    for what in ("ghost", "vampire", "demon", "werewolf")
    for where in ("a haunted house", "the woods", "the cellar")
]
DOCUMENTS = [f"Title {n}\n{plot}" for n, plot in enumerate(WESTERNS + HORRORS)]
LABELS = np.array([[True, False, False]] * len(WESTERNS) + [[False, True, False]] * len(HORRORS))


def linear_model() -> LinearModel:
    """Fitted on all of them."""
    return LinearModel.fit(DOCUMENTS, LABELS, GENRES, settings=LinearSettings(min_df=1, c=10.0))


def linear_bundle(folder: Path, *, threshold: float = 0.5) -> Bundle:
    """The same, saved."""
    return save_bundle(linear_model(), folder, thresholds=[threshold] * 3, snapshot_id=1, max_reviews=2)


def titles() -> DocumentSet:
    """The documents as a set."""
    ids = [f"t{n:02d}" for n in range(len(DOCUMENTS))]
    return DocumentSet(1, GENRES, ids, ids, DOCUMENTS, LABELS, np.array(["test"] * len(ids)), 0, 0)
