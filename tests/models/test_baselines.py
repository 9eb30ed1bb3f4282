from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from trending.models.base import GenreModel
from trending.models.keyword import KeywordModel
from trending.models.linear import LinearModel
from trending.models.prior import PriorModel
from trending.settings import LinearSettings

GENRES = ("Western", "Horror", "Reality")
DOCUMENTS = [
    "A western about a marshal",
    "A marshal and a posse",
    "Horror in the attic",
    "A ghost in the attic",
] * 5
LABELS = np.array(
    [[True, False, False], [True, False, False], [False, True, False], [False, True, False]] * 5
)


def fitted() -> list[GenreModel]:
    return [
        PriorModel.fit(LABELS, GENRES),
        KeywordModel.fit(DOCUMENTS, LABELS, GENRES),
        LinearModel.fit(DOCUMENTS, LABELS, GENRES, settings=LinearSettings(min_df=1)),
    ]


@pytest.mark.parametrize("model", fitted(), ids=lambda m: m.name)
def test_probabilities_have_the_promised_shape_and_survive_saving(model: GenreModel, tmp_path: Path) -> None:
    found = model.predict_proba(DOCUMENTS)
    assert found.shape == (len(DOCUMENTS), len(GENRES))
    assert found.dtype == np.float32
    assert ((found >= 0) & (found <= 1)).all()
    again = type(model).load(tmp_path, model.save(tmp_path))
    np.testing.assert_array_equal(again.predict_proba(DOCUMENTS), found)
    assert again.genres == GENRES
    assert model.predict_proba([]).shape == (0, len(GENRES))


def test_the_prior_is_the_share_of_titles() -> None:
    np.testing.assert_allclose(PriorModel.fit(LABELS, GENRES).predict_proba(["any"]), [[0.5, 0.5, 0]])


def test_a_keyword_raises_the_probability_of_its_genre() -> None:
    with_word, without = KeywordModel.fit(DOCUMENTS, LABELS, GENRES).predict_proba(
        ["horror", "a quiet village"]
    )
    assert with_word[1] > without[1]


def test_a_genre_that_no_training_title_has_is_never_likely() -> None:
    model = LinearModel.fit(DOCUMENTS, LABELS, GENRES, settings=LinearSettings(min_df=1))
    assert model.predict_proba(DOCUMENTS)[:, 2].max() < 1e-4


def test_the_mask_of_a_genre_statement_is_not_a_term() -> None:
    documents = ["A [genre] about a marshal", "A [genre] about a ghost"]
    model = LinearModel.fit(documents, LABELS[[0, 2]], GENRES, settings=LinearSettings(min_df=1))
    assert not [term for term in model.terms if "genre" in term]


def test_row_weights_move_the_model() -> None:
    weights = np.where(LABELS[:, 0], 10.0, 0.1)
    plain = LinearModel.fit(DOCUMENTS, LABELS, GENRES, settings=LinearSettings(min_df=1))
    moved = LinearModel.fit(DOCUMENTS, LABELS, GENRES, settings=LinearSettings(min_df=1), row_weights=weights)
    neutral = ["A story"]
    assert moved.predict_proba(neutral)[0, 0] > plain.predict_proba(neutral)[0, 0]
