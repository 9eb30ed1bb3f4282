from __future__ import annotations

import numpy as np

from trending.evaluation.confusion import confusions
from trending.evaluation.record import Confusion

GENRES = ("Comedy", "Drama", "Horror")


def rows(*words: str) -> np.ndarray:
    return np.array([[genre[0] in word for genre in GENRES] for word in words])


def test_a_missed_genre_is_paired_with_each_that_was_wrongly_given() -> None:
    found = confusions(rows("C", "C", "CD", "H"), rows("D", "D", "D", "CD"), GENRES)
    assert found == [
        Confusion("Comedy", "Drama", 2, 2 / 3),
        Confusion("Horror", "Comedy", 1, 1.0),
        Confusion("Horror", "Drama", 1, 1.0),
    ]


def test_genres_that_are_only_missed_or_only_added_are_taken_for_none() -> None:
    assert confusions(rows("CD", "C", "H"), rows("C", "CD", "H"), GENRES) == []
