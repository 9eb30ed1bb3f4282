from __future__ import annotations

import numpy as np
import pytest
from sklearn import metrics as reference

from trending.evaluation.metrics import average_precision, roc_auc, scores

GENRES = ("Comedy", "Drama", "Horror")


@pytest.fixture
def case() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    generator = np.random.default_rng(3)
    truth = generator.random((200, 3)) < [0.5, 0.3, 0.1]
    probabilities = np.clip(0.4 * truth + generator.random((200, 3)) * 0.7, 0, 1).astype(np.float32)
    return truth, probabilities > 0.5, probabilities


def test_scores_are_those_of_scikit_learn(case: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
    truth, chosen, probabilities = case
    found = scores(truth, chosen, probabilities, GENRES)
    for average in ("micro", "macro", "weighted", "samples"):
        expected = reference.f1_score(truth, chosen, average=average)  # a title without genres counts 0
        assert getattr(found, f"{average}_f1") == pytest.approx(expected)
    assert found.map == pytest.approx(
        reference.average_precision_score(truth, probabilities, average="macro")
    )
    assert found.roc_auc == pytest.approx(reference.roc_auc_score(truth, probabilities, average="macro"))
    assert found.exact_match == pytest.approx(reference.accuracy_score(truth, chosen))
    assert found.genres[2].roc_auc == pytest.approx(reference.roc_auc_score(truth[:, 2], probabilities[:, 2]))
    assert [g.support for g in found.genres] == truth.sum(axis=0).tolist()
    assert found.genres[1].recall == pytest.approx(reference.recall_score(truth[:, 1], chosen[:, 1]))


def test_a_perfect_model_scores_one(case: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
    truth, _, _ = case
    found = scores(truth, truth, truth.astype(np.float32), GENRES)
    assert set(found.headline().values()) == {1.0}
    assert (found.exact_match, found.roc_auc) == (1.0, 1.0)
    assert found.hit_at_1 == found.hit_at_3 == truth.any(axis=1).mean()


def test_a_genre_that_nobody_has_neither_helps_nor_breaks() -> None:
    truth = np.array([[True, False], [False, False]])
    found = scores(truth, truth, truth.astype(np.float32), ("Comedy", "Western"))
    assert found.macro_f1 == 0.5
    assert found.map == 1.0
    assert np.isnan(found.genres[1].average_precision)
    assert np.isnan(found.genres[1].roc_auc)
    assert found.roc_auc == 1.0


def test_a_title_is_hit_where_one_of_the_most_probable_genres_is_its_own() -> None:
    truth = np.array([[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 0, 1], [0, 0, 1, 1]], bool)
    probabilities = np.tile(np.array([0.9, 0.8, 0.7, 0.1], np.float32), (4, 1))
    found = scores(truth, probabilities > 0.85, probabilities, ("a", "b", "c", "d"))
    assert (found.hit_at_1, found.hit_at_3, found.exact_match) == (0.25, 0.75, 0.25)


def test_a_genre_that_every_title_has_cannot_be_ranked() -> None:
    assert np.isnan(roc_auc(np.ones(3, bool), np.array([0.1, 0.2, 0.3], np.float32)))


def test_average_precision_without_a_true_title_is_not_a_number() -> None:
    assert np.isnan(average_precision(np.zeros(3, bool), np.ones(3, np.float32)))
