"""Sentence embeddings of documents: one encoder for training and serving, and a table that keeps the vectors."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from trending.catalog.tables import Tables
from trending.features.encoders import WEIGHTS, copy_files, encoder_folder
from trending.planning.workers import embedding_actors, wants_gpu
from trending.progress import Report, silent
from trending.ray_session import ray_session
from trending.settings import EmbeddingSettings, Settings

if TYPE_CHECKING:
    import torch

Embeddings = npt.NDArray[np.float32]
"""`[n, width]`, rows of length 1."""

TABLE = "features.embeddings"
SCHEMA = pa.schema(
    [
        pa.field("key", pa.string(), nullable=False),
        pa.field("vector", pa.list_(pa.float32())),
    ]
)
LENGTH_STEP = 16
"""Lengths of padded texts are multiples of this many tokens."""
ROWS_PER_BLOCK, FEWEST_ROWS = 256, 64
"""Texts that an actor is given at once; and so many are worth an actor of their own."""


class SentenceEncoder:
    """Mean of the last hidden states over a text's tokens, scaled to length 1 (Reimers and Gurevych 2019)."""

    def __init__(self, folder: Path, *, max_tokens: int, batch_size: int) -> None:
        """Load tokenizer and weights from a Hugging Face folder; on the GPU where there is one."""
        import torch
        from transformers import AutoModel, AutoTokenizer
        from transformers.utils import logging

        logging.disable_progress_bar()
        self.folder = folder
        self.max_tokens, self.batch_size = max_tokens, batch_size
        self._device = "cuda" if torch.cuda.is_available() else "cpu"
        self._tokenizer: Any = AutoTokenizer.from_pretrained(folder)
        self._model: Any = AutoModel.from_pretrained(folder).to(self._device).eval()

    @property
    def width(self) -> int:
        """Length of a vector."""
        return int(self._model.config.hidden_size)

    def encode(self, documents: Sequence[str]) -> Embeddings:
        """Vectors `[len(documents), width]`, in order.

        A text is padded to the next multiple of `LENGTH_STEP` tokens, and shares its batch only with texts of
        that length: little is padded, and its vector is the same to the last bit whatever else is in the batch.
        Trees split on these numbers, so a last bit could change an answer.
        """
        import torch

        vectors = np.zeros((len(documents), self.width), np.float32)
        tokens = (
            self._tokenizer(list(documents), truncation=True, max_length=self.max_tokens)
            if documents
            else None
        )
        by_length: dict[int, list[int]] = defaultdict(list)
        for row, ids in enumerate(tokens["input_ids"] if tokens else ()):
            by_length[-(-len(ids) // LENGTH_STEP) * LENGTH_STEP].append(row)
        with torch.inference_mode():
            for length, rows in by_length.items():
                for start in range(0, len(rows), self.batch_size):
                    chosen = rows[start : start + self.batch_size]
                    ids = [tokens["input_ids"][row] for row in chosen] if tokens else []
                    vectors[chosen] = self._encode(ids, length).cpu().numpy()
        return vectors

    def save(self, folder: Path) -> None:
        """Copy the files of the encoder, so that a bundle holds all that it needs."""
        copy_files(self.folder, folder)

    def _encode(self, ids: list[list[int]], length: int) -> torch.Tensor:
        import torch

        padded = self._tokenizer.pad(
            {"input_ids": ids}, padding="max_length", max_length=length, return_tensors="pt"
        ).to(self._device)
        states = self._model(**padded).last_hidden_state
        mask = padded["attention_mask"].unsqueeze(-1).to(states.dtype)
        return torch.nn.functional.normalize((states * mask).sum(1) / mask.sum(1), dim=1)


def embed_documents(
    documents: Sequence[str], settings: Settings, *, folder: Path | None = None, report: Report = silent
) -> Embeddings:
    """Vectors `[len(documents), width]`: those that are kept, and new ones computed by Ray Data actors.

    New vectors are kept under a hash of text, encoder and token limit: the same text is embedded once, whatever
    snapshot it comes in. `folder` holds the encoder, if it is another than that of the settings. Ray is started
    where something is new.
    """
    chosen = settings.train.embedding
    folder = folder or encoder_folder(chosen.model)
    keys = embedding_keys(documents, folder, max_tokens=chosen.max_tokens)
    tables = Tables(settings)
    tables.ensure(TABLE, SCHEMA)
    kept = _kept(tables, set(keys))
    missing = {key: document for key, document in zip(keys, documents, strict=True) if key not in kept}
    if missing:
        report(f"Embedding {len(missing):,} documents")
        with ray_session(settings):
            new = _embed(missing, folder, chosen)
            tables.upsert(TABLE, new, key="key")
        kept |= _by_key(new)
    return np.stack([kept[key] for key in keys]) if keys else np.zeros((0, 0), np.float32)


def embedding_keys(documents: Iterable[str], folder: Path, *, max_tokens: int) -> list[str]:
    """Under which the vectors of these documents by the encoder in `folder` are kept."""
    identity = f"{weights_digest(folder)} {max_tokens}"
    return [hashlib.sha256(f"{identity}\n{document}".encode()).hexdigest()[:32] for document in documents]


def _embed(missing: Mapping[str, str], folder: Path, settings: EmbeddingSettings) -> pa.Table:
    """`SCHEMA` of the documents by key, computed by Ray Data actors."""
    import ray

    rows = pa.table({"key": list(missing), "text": list(missing.values())})
    # Blocks of texts of like length waste little on padding; with the longest first, the actors end together.
    rows = rows.take(pa.array(np.argsort([-len(text) for text in missing.values()], kind="stable")))
    gpu = wants_gpu(settings.device, 1, ray.cluster_resources().get("GPU", 0))
    actors = max(1, min(settings.actors, len(missing) // FEWEST_ROWS))
    embedded = (
        ray.data.from_arrow(rows)
        .repartition(max(actors, len(missing) // ROWS_PER_BLOCK))
        .map_batches(
            _embedder(folder, settings),  # pyright: ignore[reportArgumentType]
            batch_format="pyarrow",
            batch_size=min(ROWS_PER_BLOCK, -(-len(missing) // actors)),
            compute=ray.data.ActorPoolStrategy(size=actors),
            **embedding_actors(settings, gpu=gpu).remote_options,
        )
    )
    return pa.concat_tables(ray.get(embedded.to_arrow_refs()))  # pyright: ignore[reportCallIssue, reportArgumentType]


def load_encoder(settings: EmbeddingSettings) -> SentenceEncoder:
    """The encoder that the settings name."""
    folder = encoder_folder(settings.model)
    return SentenceEncoder(folder, max_tokens=settings.max_tokens, batch_size=settings.batch_size)


def _embedder(folder: Path, settings: EmbeddingSettings) -> type:
    """The Ray Data actor, which loads the encoder once."""

    class Embedder:
        def __init__(self) -> None:
            self._encoder = SentenceEncoder(
                folder, max_tokens=settings.max_tokens, batch_size=settings.batch_size
            )

        def __call__(self, batch: pa.Table) -> pa.Table:
            vectors = self._encoder.encode(batch["text"].to_pylist())
            return pa.table({"key": batch["key"], "vector": list(vectors)}, schema=SCHEMA)

    return Embedder


def weights_digest(folder: Path) -> str:
    """Which encoder it is: a hash of its weights, so that a copy in a bundle is the same encoder."""
    with (folder / WEIGHTS).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _kept(tables: Tables, keys: set[str]) -> dict[str, Embeddings]:
    found = _by_key(tables.read_arrow(TABLE, columns=["key", "vector"]))
    return {key: vector for key, vector in found.items() if key in keys}


def _by_key(rows: pa.Table) -> dict[str, Embeddings]:
    if not rows.num_rows:
        return {}
    vectors = rows["vector"].combine_chunks()
    matrix = np.asarray(vectors.flatten().to_numpy(zero_copy_only=False), np.float32).reshape(
        rows.num_rows, -1
    )
    return dict(zip(rows["key"].to_pylist(), matrix, strict=True))
