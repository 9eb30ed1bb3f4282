from __future__ import annotations

from pathlib import Path

import numpy as np

from trending.features.tfidf import Tfidf
from trending.settings import LinearSettings

DOCUMENTS = ["A marshal waits", "A marshal rides [genre] away", "Café crème", "Cafe creme, waits"]


def test_rows_have_length_one_and_survive_saving(tmp_path: Path) -> None:
    fitted = Tfidf.fit(DOCUMENTS, LinearSettings(min_df=1))
    found = fitted.transform(DOCUMENTS).toarray()
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, atol=1e-6)
    fitted.save(tmp_path)
    again = Tfidf.load(tmp_path)
    assert again.terms == fitted.terms
    np.testing.assert_array_equal(again.transform(DOCUMENTS).toarray(), found)


def test_terms_are_words_and_pairs_without_accents_and_without_the_mask() -> None:
    terms = Tfidf.fit(DOCUMENTS, LinearSettings(min_df=1)).terms
    assert {"marshal", "marshal waits", "cafe creme"} <= set(terms)
    assert "genre" not in terms


def test_rare_terms_are_left_out() -> None:
    terms = Tfidf.fit(DOCUMENTS, LinearSettings(min_df=2)).terms
    assert set(terms) == {"cafe", "cafe creme", "creme", "marshal", "waits"}
