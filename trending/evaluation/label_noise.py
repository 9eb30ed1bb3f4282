"""Titles whose labels look wrong: confident learning on the answers of models that have not seen them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from trending.catalog.correction_file import SEPARATOR
from trending.catalog.corrections import read_corrections
from trending.catalog.snapshots import resolve_snapshot
from trending.catalog.tables import Tables
from trending.evaluation.calibrating import group_folds
from trending.features.documents import DocumentSet, load_documents
from trending.models.base import Labels, Probabilities
from trending.models.linear import LinearModel
from trending.progress import Report, silent
from trending.settings import LabelSettings, Settings

FOLDS = 5
_COLUMNS = ("title_id", "title", "release_year", "platform", "plot")


@dataclass(frozen=True)
class Suspect:
    """A title that someone should look at."""

    title_id: str
    title: str
    release_year: int | None
    platform: str
    split: str
    genres: tuple[str, ...]
    """As its source labels it."""
    suggested: tuple[str, ...]
    """Without the genres that look wrong, and with those that look forgotten."""
    score: float
    """How well the worst of its labels fits the text: 0 not at all, 1 entirely."""
    plot: str

    def as_row(self) -> dict[str, Any]:
        """A row of the review file."""
        lists = {"genres": SEPARATOR.join(self.genres), "suggested": SEPARATOR.join(self.suggested)}
        return asdict(self) | lists


@dataclass(frozen=True)
class SuspectList:
    """The titles of one snapshot whose labels look wrong, the worst first."""

    snapshot_id: int
    titles: int
    """Labelled titles that were looked at."""
    reviewed: int
    """Of those that look wrong, how many somebody has corrected or confirmed: they are left out."""
    suspects: list[Suspect]

    def as_json(self, *, limit: int) -> dict[str, Any]:
        """Plain values, with the first `limit` titles."""
        return {
            "snapshot_id": self.snapshot_id,
            "titles": self.titles,
            "found": len(self.suspects),
            "reviewed": self.reviewed,
            "suspects": [asdict(one) for one in self.suspects[:limit]],
        }


@dataclass(frozen=True)
class LabelNoise:
    """What confident learning says of labels `[n, genres]`."""

    score: npt.NDArray[np.float64]
    """`[n]`: how well the worst label of a title fits, 0 to 1; 1 where none looks wrong."""
    wrong: Labels
    """`[n, genres]`: this one label looks wrong, given or not given."""

    def ranking(self) -> npt.NDArray[np.intp]:
        """The titles with a label that looks wrong, the worst first."""
        found = np.flatnonzero(self.wrong.any(axis=1))
        return found[np.argsort(self.score[found], kind="stable")]


def find_suspects(
    settings: Settings, *, snapshot: str | int = "latest", report: Report = silent
) -> SuspectList:
    """Look for wrong labels among all labelled titles of a snapshot, of every split.

    The models that judge are the linear one, fitted for this alone on the other folds and then forgotten. What they
    cannot tell from the text looks wrong too: this is a list to review, not to believe. Raises `SnapshotError` where
    there is no such data.
    """
    snapshot_id = resolve_snapshot(settings, snapshot)
    report("Reading documents")
    documents = load_documents(_as_labelled_by_sources(settings), snapshot_id)
    probabilities = out_of_fold_probabilities(documents, settings, report=report)
    report("Comparing labels with answers")
    noise = find_label_noise(documents.labels, probabilities)
    facts = _facts(settings, snapshot_id)
    lists = documents.genre_lists()
    reviewed = {(one.title_id, frozenset(one.before)) for one in read_corrections(settings)}
    suspects, known = [], 0
    for row in noise.ranking():
        title_id, given = documents.title_ids[row], lists[row]
        if (title_id, frozenset(given)) in reviewed:
            known += 1
            continue
        suggested = documents.labels[row] ^ noise.wrong[row]
        suspects.append(
            Suspect(
                split=str(documents.splits[row]),
                genres=tuple(given),
                suggested=tuple(np.asarray(documents.genres)[suggested].tolist()),
                score=round(float(noise.score[row]), 4),
                **facts[title_id],
            )
        )
    return SuspectList(snapshot_id, len(documents.documents), known, suspects)


def out_of_fold_probabilities(
    documents: DocumentSet, settings: Settings, *, folds: int = FOLDS, report: Report = silent
) -> Probabilities:
    """Each title's probabilities `[n, genres]` by a linear model of the other folds; a work's titles share one."""
    fold_of = group_folds(documents.title_keys, folds, settings.train.seed)
    found = np.zeros(documents.labels.shape, np.float32)
    count = int(fold_of.max(initial=-1)) + 1
    for fold in range(count):
        report("Fitting models that have not seen a title", fold, count)
        held = np.flatnonzero(fold_of == fold)
        others = documents.take(np.flatnonzero(fold_of != fold))
        model = LinearModel.fit(
            others.documents, others.labels, documents.genres, settings=settings.train.linear
        )
        found[held] = model.predict_proba([documents.documents[i] for i in held])
    return found


def find_label_noise(labels: Labels, probabilities: Probabilities) -> LabelNoise:
    """Which labels look wrong, by out-of-fold probabilities; arrays `[n, genres]`.

    Confident learning genre by genre (Northcutt et al. 2021), as cleanlab computes it: a label looks wrong where the
    models are surer of the opposite than they are, on average, where the opposite is labelled. A title scores as its
    worst such label; pooled over all genres (Thyagarajan et al. 2022, cleanlab's default) titles of many genres
    come first, and of labels turned round on purpose a third fewer (docs/labels.md). A genre that no title has, or
    all have, is never wrong.
    """
    from cleanlab.multilabel_classification.filter import find_multilabel_issues_per_class
    from cleanlab.multilabel_classification.rank import get_label_quality_scores_per_class

    mixed = np.flatnonzero(labels.any(axis=0) & ~labels.all(axis=0))
    wrong = np.zeros(labels.shape, bool)
    if not len(labels) or not len(mixed):
        return LabelNoise(np.ones(len(labels)), wrong)
    given = probabilities.astype(np.float64)
    wrong[:, mixed] = find_multilabel_issues_per_class(
        _as_lists(labels[:, mixed]), given[:, mixed], filter_by="confident_learning", n_jobs=1
    )
    quality = np.asarray(get_label_quality_scores_per_class(_as_lists(labels), given))
    return LabelNoise(np.where(wrong, quality, 1.0).min(axis=1), wrong)


def _as_labelled_by_sources(settings: Settings) -> Settings:
    train = settings.train.model_copy(update={"labels": LabelSettings()})
    return settings.model_copy(update={"train": train})


def _as_lists(labels: Labels) -> list[list[int]]:
    return [np.flatnonzero(row).tolist() for row in labels]


def _facts(settings: Settings, snapshot_id: int) -> dict[str, dict[str, Any]]:
    """What a reviewer needs to know of each title."""
    rows: Sequence[dict[str, Any]] = (
        Tables(settings).read_arrow("titles", snapshot_id, columns=_COLUMNS).to_pylist()
    )
    return {row["title_id"]: row for row in rows}
