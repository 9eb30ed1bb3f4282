from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from trending.models.embedding_scores import EmbeddingScores
from trending.settings import XGBoostSettings


@pytest.fixture
def known() -> tuple[np.ndarray, np.ndarray]:
    """Two clusters of unit vectors; the first has genre 0, the second genre 1, and nobody genre 2."""
    generator = np.random.default_rng(1)
    centres = np.repeat([[1.0, 0, 0, 0], [0, 1.0, 0, 0]], 40, axis=0)
    vectors = centres + 0.1 * generator.standard_normal((80, 4))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    labels = np.zeros((80, 3), bool)
    labels[:40, 0] = labels[40:, 1] = True
    return vectors.astype(np.float32), labels


def fit(known: tuple[np.ndarray, np.ndarray], **settings: float) -> EmbeddingScores:
    return EmbeddingScores.fit(*known, settings=XGBoostSettings(**settings), seed=1)  # pyright: ignore


def test_both_scores_tell_the_genres_apart(known: tuple[np.ndarray, np.ndarray]) -> None:
    scores = fit(known).scores(np.array([[1, 0, 0, 0], [0, 1, 0, 0]], np.float32))
    assert scores.shape == (2, 6)
    for kind in (scores[:, :3], scores[:, 3:]):
        assert kind.argmax(axis=1).tolist() == [0, 1]
        np.testing.assert_allclose(kind[:, 2], 0, atol=1e-6)


def test_shares_of_the_neighbours_are_shares(known: tuple[np.ndarray, np.ndarray]) -> None:
    shares = fit(known).scores(known[0])[:, 3:]
    np.testing.assert_allclose(shares.sum(axis=1), 1, atol=1e-6)
    assert (shares[:40, 0] > 0.9).all()


def test_the_answer_does_not_depend_on_the_rows_asked_together(
    known: tuple[np.ndarray, np.ndarray],
) -> None:
    fitted = fit(known)
    together = fitted.scores(known[0])
    alone = np.vstack([fitted.scores(known[0][i : i + 1]) for i in range(len(known[0]))])
    np.testing.assert_array_equal(together, alone)


def test_scores_survive_saving(known: tuple[np.ndarray, np.ndarray], tmp_path: Path) -> None:
    fitted = fit(known, neighbour_sharpness=7.0)
    again = EmbeddingScores.load(tmp_path, fitted.save(tmp_path))
    np.testing.assert_array_equal(again.scores(known[0]), fitted.scores(known[0]))


def test_a_draw_of_the_titles_is_known_where_there_are_too_many(
    known: tuple[np.ndarray, np.ndarray],
) -> None:
    shares = fit(known, neighbour_pool=1).scores(known[0])[:, 3:]
    assert (shares == shares[0]).all(), "with one known title, all have its genres"
    assert sorted(shares[0]) == [0, 0, 1]
