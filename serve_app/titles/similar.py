"""Nearest plots: the titles' sentence embeddings in one matrix, made and completed in the background."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from serve_app.titles.encoding import Encode, encoder_process
from serve_app.titles.index import TitleIndex
from trending.catalog.tables import Tables
from trending.errors import SnapshotError
from trending.features.document import make_document
from trending.features.embeddings import SCHEMA, TABLE, Embeddings, embedding_keys
from trending.features.encoders import encoder_folder
from trending.settings import Settings

BATCH = 32
"""Documents that the encoder is given at once: after each it may be told to stop."""
KEEP_EVERY = 1024
"""New vectors that are written to the table together."""
COPIES = 8
"""Of a work in the catalogue, at the most, for the quick way to its neighbours."""
_log = logging.getLogger(__name__)

OpenEncoder = Callable[[], AbstractContextManager[Encode]]


@dataclass(frozen=True)
class Vectors:
    """Titles and their vectors; all sequences run parallel."""

    title_ids: list[str]
    works: npt.NDArray[np.int64]
    """The same number for copies of the same work."""
    keys: list[str]
    """Under which each vector is kept."""
    matrix: Embeddings
    """`[n, width]`, rows of length 1; zeros where there is no vector yet."""
    known: npt.NDArray[np.bool_]
    places: dict[str, int]
    """Of each title id."""

    def nearest(self, title_id: str, limit: int) -> list[tuple[str, float]]:
        """Ids and cosines of other works, nearest first; of copies of a work the nearest. Empty without a vector."""
        place = self.places.get(title_id)
        if place is None or not self.known[place] or limit <= 0:
            return []
        cosines = np.where(self.known, self.matrix @ self.matrix[place], -np.inf)
        cosines[self.works == self.works[place]] = -np.inf
        few = min(COPIES * limit, len(cosines))
        found = self._works(np.argpartition(-cosines, few - 1)[:few], cosines, limit)
        # So many copies are rare: then all are looked at.
        return found if len(found) == limit else self._works(np.arange(len(cosines)), cosines, limit)

    def _works(
        self, rows: npt.NDArray[np.intp], cosines: npt.NDArray[np.float32], limit: int
    ) -> list[tuple[str, float]]:
        """The nearest of these rows, of each work one."""
        found: dict[int, tuple[str, float]] = {}
        for row in rows[np.argsort(-cosines[rows], kind="stable")]:
            if not np.isfinite(cosines[row]) or len(found) == limit:
                break
            found.setdefault(int(self.works[row]), (self.title_ids[row], min(1.0, float(cosines[row]))))
        return list(found.values())


class Neighbours:
    """The nearest plots of the current index. `update` is called by one thread, `nearest` by any."""

    def __init__(self, settings: Settings, *, open_encoder: OpenEncoder | None = None) -> None:
        """`open_encoder`: gives the encoder of missing vectors; by default a process of its own."""
        self._settings = settings
        self._tables = Tables(settings)
        self._open_encoder = open_encoder or partial(encoder_process, settings.train.embedding)
        self._vectors: Vectors | None = None

    def nearest(self, title_id: str, limit: int) -> list[tuple[str, float]]:
        """Ids and cosines of the nearest other works, as far as their vectors are there."""
        vectors = self._vectors
        return vectors.nearest(title_id, limit) if vectors is not None else []

    @property
    def missing(self) -> int | None:
        """Titles without a vector; None before the first update."""
        vectors = self._vectors
        return int((~vectors.known).sum()) if vectors is not None else None

    def update(self, index: TitleIndex, *, stop: Callable[[], bool]) -> None:
        """Take the kept vectors of this index's titles, then compute and keep those that are missing.

        `stop` is asked between batches; what was computed by then is kept.
        """
        vectors = self._load(index)
        self._vectors = vectors
        rows = np.flatnonzero(~vectors.known).tolist()
        if not rows or stop():
            return
        _log.info("Embedding %d titles in the background", len(rows))
        with self._open_encoder() as encode:
            unkept: list[int] = []
            for start in range(0, len(rows), BATCH):
                if stop():
                    break
                batch = rows[start : start + BATCH]
                documents = _documents(index, [vectors.title_ids[row] for row in batch], self._max_reviews)
                vectors = _with(vectors, batch, encode(documents))
                self._vectors = vectors
                unkept += batch
                if len(unkept) >= KEEP_EVERY:
                    self._keep(vectors, unkept)
                    unkept = []
            self._keep(vectors, unkept)

    @property
    def _max_reviews(self) -> int:
        return self._settings.train.document.max_reviews

    def _load(self, index: TitleIndex) -> Vectors:
        with index.connection() as database:
            # The newest first: they are looked at most, and get their vectors first.
            titles = database.execute(
                "SELECT title_id, title_key FROM titles ORDER BY newest DESC, title_id"
            ).fetchall()
        title_ids = [title_id for title_id, _ in titles]
        chosen = self._settings.train.embedding
        keys: list[str] = embedding_keys(
            _each_document(index, title_ids, self._max_reviews),
            encoder_folder(chosen.model),
            max_tokens=chosen.max_tokens,
        )
        matrix, known = self._kept(keys)
        works = {key: number for number, key in enumerate(dict.fromkeys(key for _, key in titles))}
        return Vectors(
            title_ids=title_ids,
            works=np.array([works[key] for _, key in titles], np.int64),
            keys=keys,
            matrix=matrix,
            known=known,
            places={title_id: place for place, title_id in enumerate(title_ids)},
        )

    def _kept(self, keys: Sequence[str]) -> tuple[Embeddings, npt.NDArray[np.bool_]]:
        """The kept vectors of these keys in their order, and which there are."""
        rows_of: dict[str, list[int]] = {}
        for row, key in enumerate(keys):
            rows_of.setdefault(key, []).append(row)
        known = np.zeros(len(keys), np.bool_)
        matrix = np.zeros((len(keys), 0), np.float32)
        for batch in self._kept_batches():
            mine = [
                (i, row) for i, key in enumerate(batch["key"].to_pylist()) for row in rows_of.get(key, ())
            ]
            if not mine:
                continue
            vectors = np.asarray(batch["vector"].flatten(), np.float32).reshape(batch.num_rows, -1)
            if not matrix.shape[1]:
                matrix = np.zeros((len(keys), vectors.shape[1]), np.float32)
            places, rows = np.array(mine, np.int64).T
            matrix[rows], known[rows] = vectors[places], True
        return matrix, known

    def _kept_batches(self) -> Iterator[pa.RecordBatch]:
        try:
            yield from self._tables.table(TABLE).scan().to_arrow_batch_reader()
        except SnapshotError:
            return  # nothing was ever embedded

    def _keep(self, vectors: Vectors, rows: Sequence[int]) -> None:
        """Write new vectors to the table, each once."""
        if not rows:
            return
        by_key = {vectors.keys[row]: vectors.matrix[row] for row in rows}
        new = pa.table({"key": list(by_key), "vector": list(by_key.values())}, schema=SCHEMA)
        self._tables.ensure(TABLE, SCHEMA)
        self._tables.table(TABLE).append(new)


def _with(vectors: Vectors, rows: Sequence[int], new: Embeddings) -> Vectors:
    """The same with more vectors. Readers of the old object see the new rows once they are whole."""
    if not vectors.matrix.shape[1]:
        empty = np.zeros((len(vectors.keys), new.shape[1]), np.float32)
        vectors = Vectors(
            vectors.title_ids, vectors.works, vectors.keys, empty, vectors.known, vectors.places
        )
    vectors.matrix[rows] = new
    vectors.known[rows] = True
    return vectors


def _each_document(index: TitleIndex, title_ids: Sequence[str], max_reviews: int) -> Iterator[str]:
    for start in range(0, len(title_ids), KEEP_EVERY):
        yield from _documents(index, title_ids[start : start + KEEP_EVERY], max_reviews)


def _documents(index: TitleIndex, title_ids: Sequence[str], max_reviews: int) -> list[str]:
    """The document texts as in training, so that the vectors kept by it are found."""
    documents = []
    with index.connection() as database:
        for title_id in title_ids:
            title, plot = database.execute(
                "SELECT title, plot FROM titles JOIN details USING (id) WHERE title_id = ?", [title_id]
            ).fetchone()
            reviews = database.execute(
                "SELECT text FROM reviews WHERE title_id = ? ORDER BY review_id LIMIT ?",
                [title_id, max_reviews],
            )
            texts = [text for (text,) in reviews]
            documents.append(make_document(title, plot, texts, max_reviews=max_reviews))
    return documents
