"""Titles whose words tell their genres most of the time, and a model that sees genres everywhere."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from tests.serve_app.titles.shelves import shelve, title
from trending.features.documents import DocumentSet
from trending.models.linear import LinearModel
from trending.settings import LinearSettings, Settings, TrainSettings

WORDS = {
    "Western": ["sheriff", "saddle", "canyon", "outlaw", "ranch", "posse", "stagecoach", "marshal"],
    "Horror": ["ghost", "curse", "cellar", "vampire", "graveyard", "scream", "possessed", "demon"],
    "Sports": ["coach", "league", "stadium", "season", "rookie", "championship", "sprint", "goal"],
}
PLAIN = ["the", "a", "man", "woman", "town", "finds", "year", "must", "again", "house", "road"]
SPLITS = ("train", "train", "validation", "test")


def genres_known() -> tuple[str, ...]:
    """The genres that occur."""
    return tuple(WORDS)


def draw_titles(count: int, *, seed: int, told: float = 1.0) -> tuple[list[str], np.ndarray]:
    """Texts, and the genres `[count, 3]` of each, one or more; a genre shows in the text with chance `told`."""
    random = np.random.default_rng(seed)
    labels = random.random((count, len(WORDS))) < 0.1
    labels[np.arange(count), random.integers(0, len(WORDS), count)] = True
    texts = []
    for row in labels:
        shown = [genre for genre, has in zip(WORDS, row, strict=True) if has and random.random() < told]
        words = [str(word) for genre in shown for word in random.choice(WORDS[genre], 3)]
        texts.append(" ".join(random.permutation([*words, *random.choice(PLAIN, 8)])))
    return texts, labels


def wordy_home(home: Path, *, titles: int, splits: Sequence[str] = SPLITS) -> tuple[Settings, int]:
    """A home with such titles, a fifth of whose genres do not show, and its snapshot."""
    settings = Settings(home=home, train=TrainSettings(linear=LinearSettings(min_df=1)))
    texts, labels = draw_titles(titles, seed=7, told=0.8)
    tables = shelve(
        settings,
        [
            title(
                f"{i}",
                title_key=f"work {i}",
                plot=text,
                genres=[genre for genre, has in zip(WORDS, row, strict=True) if has],
                content_hash=f"{i}",
                split=splits[i % len(splits)],
            )
            for i, (text, row) in enumerate(zip(texts, labels, strict=True))
        ],
    )
    snapshot = tables.latest()
    assert snapshot is not None
    return settings, snapshot


def too_high(documents: DocumentSet) -> LinearModel:
    """A linear model whose log-odds are 2 too high, as those of a model are that was told to miss no title."""
    train = documents.subset("train")
    model = LinearModel.fit(
        train.documents, train.labels, train.genres, settings=LinearSettings(min_df=1, c=10)
    )
    model._bias += np.float32(2)
    return model
