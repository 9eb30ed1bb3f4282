"""The words that a model has met in its training titles."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

from trending.catalog.text import words_of

LEAST_TITLES = 2
"""In which a word must occur: names that occur once are news in every window."""
LEAST_LETTERS = 3


def vocabulary_of(documents: Iterable[str]) -> frozenset[str]:
    """The words that occur in two documents or more."""
    counts = Counter(word for document in documents for word in distinct_words(document))
    return frozenset(word for word, count in counts.items() if count >= LEAST_TITLES)


def unknown_shares(documents: Sequence[str], vocabulary: frozenset[str]) -> npt.NDArray[np.float64]:
    """Of each document's distinct words the share that is not in the vocabulary; 0 where it has none."""
    shares = np.zeros(len(documents))
    for row, document in enumerate(documents):
        words = distinct_words(document)
        shares[row] = len(words - vocabulary) / len(words) if words else 0.0
    return shares


def distinct_words(document: str) -> set[str]:
    """Words of three letters or more, without numbers."""
    return {word for word in words_of(document).split() if len(word) >= LEAST_LETTERS and not word.isdigit()}
