"""Whether a statement stands on what was written: the nearest sentence of the texts, by embedding."""

from __future__ import annotations

from collections.abc import Sequence
from threading import Lock
from typing import Protocol

import numpy as np
import numpy.typing as npt

from trending.enrichment.evidence import Evidence

Vectors = npt.NDArray[np.float32]
"""`[n, width]`, rows of length 1."""


class Encoder(Protocol):
    """What turns sentences into vectors; `SentenceEncoder` is one."""

    def encode(self, documents: Sequence[str]) -> Vectors:
        """`[len(documents), width]`."""
        ...


class OneAtATime:
    """An encoder for many threads: a tokenizer may be in one call only."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self._lock = Lock()

    def encode(self, documents: Sequence[str]) -> Vectors:
        """`[len(documents), width]`."""
        with self._lock:
            return self._encoder.encode(documents)


class Ground:
    """The evidence of one title with the vectors of its sentences, each computed once and only if asked for."""

    def __init__(self, evidence: Evidence, encoder: Encoder) -> None:
        self.evidence = evidence
        self.encoder = encoder
        self._reviews: Vectors | None = None
        self._plot: Vectors | None = None

    @property
    def reviews(self) -> Vectors:
        """Of the reviews' sentences, `[len(evidence.sentences), width]`."""
        if self._reviews is None:
            self._reviews = self.encoder.encode(self.evidence.sentences)
        return self._reviews

    @property
    def everything(self) -> Vectors:
        """Of the reviews' and the plot's sentences."""
        if self._plot is None:
            self._plot = self.encoder.encode(self.evidence.plot_sentences)
        parts = [part for part in (self.reviews, self._plot) if len(part)]
        return np.concatenate(parts) if parts else np.zeros((0, 1), np.float32)

    def support(self, statements: Sequence[str]) -> list[float]:
        """For each statement the cosine of the nearest sentence of a review; 0 where there is none."""
        return nearest(self.encoder.encode(statements), self.reviews)


def nearest(vectors: Vectors, sentences: Vectors) -> list[float]:
    """For each vector the largest cosine with any of the sentences; 0 where there are none."""
    if not len(vectors) or not len(sentences):
        return [0.0] * len(vectors)
    return [float(best) for best in (vectors @ sentences.T).max(axis=1)]
