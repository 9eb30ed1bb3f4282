"""The training titles whose plots are nearest to a title's: what a language model is shown as examples."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from trending.catalog.tables import Tables
from trending.enrichment.genres import document_of
from trending.enrichment.schema import EnrichmentInput
from trending.features.documents import load_documents
from trending.features.embeddings import Embeddings, embed_documents
from trending.progress import Report, silent
from trending.settings import Settings

if TYPE_CHECKING:
    from trending.enrichment.llm_genres import Example
    from trending.enrichment.support import Encoder


@dataclass(frozen=True)
class TrainingTitles:
    """Training titles, and the vectors of their documents `[n, width]`."""

    titles: list[Example]
    vectors: Embeddings


class NearestTitles:
    """Call it with a title: the nearest training titles, the nearest last, and never the title itself."""

    def __init__(self, training: TrainingTitles, encoder: Encoder, settings: Settings) -> None:
        """`encoder` is the one that the training titles were embedded with."""
        self._training, self._encoder = training, encoder
        self._count = settings.enrichment.neighbours
        self._max_reviews = settings.train.document.max_reviews

    def __call__(self, title: EnrichmentInput) -> list[Example]:
        """Up to `neighbours` examples."""
        if not self._count or not self._training.titles:
            return []
        vector = self._encoder.encode([document_of(title, max_reviews=self._max_reviews)])[0]
        found: list[Example] = []
        for row in np.argsort(-(self._training.vectors @ vector), kind="stable"):
            example = self._training.titles[row]
            if example[0].casefold() != title.title.casefold():
                found.append(example)
            if len(found) == self._count:
                break
        return found[::-1]


def examples_for(
    settings: Settings, encoder: Encoder, *, snapshot_id: int, report: Report = silent
) -> NearestTitles:
    """The examples of a snapshot's training titles; see `training_titles`."""
    return NearestTitles(training_titles(settings, snapshot_id=snapshot_id, report=report), encoder, settings)


def training_titles(settings: Settings, *, snapshot_id: int, report: Report = silent) -> TrainingTitles:
    """The training titles of a snapshot, with the embeddings that are kept.

    Those that are missing are computed and kept, in Ray. Raises `SnapshotError` where there is no such snapshot.
    """
    training = load_documents(settings, snapshot_id).subset("train")
    columns = ["title_id", "title", "plot"]
    rows = Tables(settings).read_arrow("titles", snapshot_id, columns=columns).to_pylist()
    texts = {row["title_id"]: (row["title"], row["plot"]) for row in rows}
    titles = [
        (*texts[title_id], tuple(genres))
        for title_id, genres in zip(training.title_ids, training.genre_lists(), strict=True)
    ]
    return TrainingTitles(titles, embed_documents(training.documents, settings, report=report))
