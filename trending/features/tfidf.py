"""TF-IDF of documents whose state is plain files: a vocabulary (JSON) and its weights (safetensors)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from trending.settings import LinearSettings

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix
    from sklearn.feature_extraction.text import TfidfVectorizer

VOCABULARY = "vocabulary.json"
WEIGHTS = "idf.safetensors"


class Tfidf:
    """Words and pairs of words, sublinear term frequency, L2-normalised rows (scikit-learn's definition)."""

    def __init__(self, vectorizer: TfidfVectorizer) -> None:
        self._vectorizer = vectorizer

    @classmethod
    def fit(cls, documents: Sequence[str], settings: LinearSettings) -> Tfidf:
        """Learn the vocabulary and the document frequencies."""
        vectorizer = _vectorizer(
            min_df=min(settings.min_df, len(documents)), max_features=settings.max_features
        )
        return cls(vectorizer.fit(documents))

    @property
    def terms(self) -> list[str]:
        """The term of each column."""
        return self._vectorizer.get_feature_names_out().tolist()

    def transform(self, documents: Sequence[str]) -> csr_matrix:
        """Sparse float32 `[n, len(terms)]`."""
        from scipy.sparse import csr_matrix

        if not len(documents):
            return csr_matrix((0, len(self.terms)), dtype=np.float32)
        return self._vectorizer.transform(documents)

    def save(self, folder: Path) -> None:
        """Write the two files."""
        from safetensors.numpy import save_file

        folder.mkdir(parents=True, exist_ok=True)
        (folder / VOCABULARY).write_text(json.dumps(self.terms, ensure_ascii=False), encoding="utf-8")
        save_file({"idf": self._vectorizer.idf_.astype(np.float32)}, folder / WEIGHTS)

    @classmethod
    def load(cls, folder: Path) -> Tfidf:
        """What `save` wrote."""
        from safetensors.numpy import load_file

        terms = json.loads((folder / VOCABULARY).read_text(encoding="utf-8"))
        vectorizer = _vectorizer(vocabulary={term: column for column, term in enumerate(terms)})
        vectorizer.idf_ = load_file(folder / WEIGHTS)["idf"]
        return cls(vectorizer)


def _vectorizer(**given: object) -> TfidfVectorizer:
    from sklearn.feature_extraction.text import TfidfVectorizer

    # `[genre]` marks a masked statement; it says nothing about which genre, so it is no term.
    return TfidfVectorizer(
        ngram_range=(1, 2),
        sublinear_tf=True,
        strip_accents="unicode",
        token_pattern=r"(?u)(?<!\[)\b\w\w+\b(?!\])",
        dtype=np.float32,  # pyright: ignore[reportArgumentType]
        **given,  # pyright: ignore[reportArgumentType]
    )
