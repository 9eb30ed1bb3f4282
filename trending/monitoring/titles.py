"""Windows made of the catalogue's titles: those that a model is known by, and those that came since it was trained."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from trending.catalog.tables import Tables
from trending.errors import SnapshotError
from trending.evaluation.predict import predict_titles
from trending.features.document import make_document
from trending.features.documents import reviews_by_title
from trending.features.embeddings import embed_documents
from trending.features.encoders import encoder_folder
from trending.models.bundle import Bundle
from trending.monitoring.vocabulary import unknown_shares, vocabulary_of
from trending.monitoring.window import Window, load_window
from trending.progress import Report, silent
from trending.settings import Settings

COLUMNS = ("title_id", "title", "plot", "language", "platform", "kind", "added_on", "genres", "split")
HELD_OUT = ("validation", "test")
"""Splits of the reference. On titles that it was trained on a model is surer than on any others."""
NONE = "none"
"""Where a title has no language, platform or kind."""


@dataclass(frozen=True)
class Reference:
    """What a model is known by: titles of its own snapshot that it was not trained on."""

    bundle: str
    """Digest of the bundle."""
    snapshot_id: int
    vocabulary: frozenset[str]
    window: Window


def reference_of(settings: Settings, bundle: Bundle, *, report: Report = silent) -> Reference:
    """The reference of a bundle: kept from an earlier time, or made of its snapshot and kept.

    Raises `SnapshotError` where its snapshot is not in the catalogue any more.
    """
    encoder = settings.train.embedding.model_dump_json(include={"model", "max_tokens"})
    name = f"{bundle.digest[:16]}-{hashlib.sha256(encoder.encode()).hexdigest()[:8]}"
    folder = settings.monitoring_dir / "references" / name
    about, arrays = folder / "reference.json", folder / "window.npz"
    if about.is_file() and arrays.is_file():
        kept = json.loads(about.read_text(encoding="utf-8"))
        return Reference(
            kept["bundle"], kept["snapshot_id"], frozenset(kept["vocabulary"]), load_window(arrays)
        )
    report("Making the reference of the model")
    snapshot_id = bundle.manifest.snapshot_id
    rows = _rows(settings, snapshot_id)
    held_out = pc.is_in(rows["split"], value_set=pa.array(HELD_OUT))
    vocabulary = vocabulary_of(_documents(settings, rows.filter(pc.invert(held_out)), snapshot_id, bundle))
    window = _window(settings, bundle, rows.filter(held_out), snapshot_id, vocabulary, report)
    window.save(arrays)
    told = {"bundle": bundle.digest, "snapshot_id": snapshot_id, "vocabulary": sorted(vocabulary)}
    about.with_suffix(".new").write_text(json.dumps(told, ensure_ascii=False), encoding="utf-8")
    about.with_suffix(".new").replace(about)
    return Reference(bundle.digest, snapshot_id, vocabulary, window)


def held_out_documents(settings: Settings, bundle: Bundle) -> list[str]:
    """The documents of a bundle's reference, in its order."""
    rows = _rows(settings, bundle.manifest.snapshot_id)
    chosen = rows.filter(pc.is_in(rows["split"], value_set=pa.array(HELD_OUT)))
    return _documents(settings, chosen, bundle.manifest.snapshot_id, bundle)


def titles_since(
    settings: Settings,
    bundle: Bundle,
    reference: Reference,
    snapshot_id: int,
    *,
    since: int | None = None,
    report: Report = silent,
) -> Window:
    """The newest titles of a snapshot that are not in `since` (the model's own snapshot), as many as a window has.

    Raises `SnapshotError` where there is no such snapshot.
    """
    rows = _rows(settings, snapshot_id)
    before = _rows(settings, since or reference.snapshot_id, columns=("title_id",))
    new = rows.filter(pc.invert(pc.is_in(rows["title_id"], value_set=before["title_id"].combine_chunks())))
    newest = new.sort_by([("added_on", "descending"), ("title_id", "ascending")])
    chosen = newest.slice(0, settings.monitoring.drift.window_titles)
    return _window(settings, bundle, chosen, snapshot_id, reference.vocabulary, report)


def window_of(
    settings: Settings,
    bundle: Bundle,
    documents: Sequence[str],
    vocabulary: frozenset[str],
    *,
    languages: Sequence[str | None],
    platforms: Sequence[str | None],
    kinds: Sequence[str | None],
    labels: Sequence[Sequence[str]] | None = None,
    report: Report = silent,
) -> Window:
    """Documents as a window: what they are like, and what the bundle answers. All sequences run parallel."""
    genres = bundle.model.genres
    if documents:
        report(f"Answering {len(documents):,} titles")
        answers = predict_titles(bundle, documents, settings, report=report)
        folder = encoder_folder(settings.train.embedding.model)
        embeddings = embed_documents(documents, settings, folder=folder, report=report)
    else:
        answers = np.zeros((0, len(genres)), np.float32)
        embeddings = None
    given = None if labels is None else [[genre in one for genre in genres] for one in labels]
    return Window(
        words=np.array([len(document.split()) for document in documents], np.float64),
        unknown=unknown_shares(documents, vocabulary),
        languages=_names(languages),
        platforms=_names(platforms),
        kinds=_names(kinds),
        probabilities=answers,
        assigned=answers >= np.asarray(bundle.thresholds, np.float32),
        embeddings=embeddings,
        labels=None if given is None else np.array(given, bool).reshape(-1, len(genres)),
    )


def _window(
    settings: Settings,
    bundle: Bundle,
    rows: pa.Table,
    snapshot_id: int,
    vocabulary: frozenset[str],
    report: Report,
) -> Window:
    return window_of(
        settings,
        bundle,
        _documents(settings, rows, snapshot_id, bundle),
        vocabulary,
        languages=rows["language"].to_pylist(),
        platforms=rows["platform"].to_pylist(),
        kinds=rows["kind"].to_pylist(),
        labels=[genres or [] for genres in rows["genres"].to_pylist()],
        report=report,
    )


def _rows(settings: Settings, snapshot_id: int, columns: Sequence[str] = COLUMNS) -> pa.Table:
    try:
        rows = Tables(settings).read_arrow("titles", snapshot_id, columns=columns)
    except SnapshotError as error:
        raise SnapshotError(
            f"{error} A reference is made of the model's own snapshot: train a model on one that is there."
        ) from error
    return rows.sort_by("title_id")  # Iceberg promises no order


def _documents(settings: Settings, rows: pa.Table, snapshot_id: int, bundle: Bundle) -> list[str]:
    most = bundle.manifest.max_reviews
    reviews: Any = reviews_by_title(Tables(settings), snapshot_id, limit=most)
    return [
        make_document(row["title"], row["plot"], reviews[row["title_id"]], max_reviews=most)
        for row in rows.select(["title_id", "title", "plot"]).to_pylist()
    ]


def _names(values: Sequence[str | None]) -> np.ndarray[Any, np.dtype[np.str_]]:
    return np.array([value or NONE for value in values], dtype=np.str_)
