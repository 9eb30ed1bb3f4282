"""Made-up windows: titles whose every figure comes from a known distribution."""

from __future__ import annotations

from typing import Any

import numpy as np

from trending.monitoring.window import Window

GENRES = ("Comedy", "Drama", "Horror")


def window(titles: int, *, seed: int, **changed: Any) -> Window:
    """Titles like all others, but for the columns that are given."""
    random = np.random.default_rng(seed)
    probabilities = random.beta(1, 3, (titles, len(GENRES))).astype(np.float32)
    usual = {
        "words": random.poisson(30, titles).astype(float),
        "unknown": random.beta(2, 20, titles),
        "languages": random.choice(["en", "es"], titles, p=[0.95, 0.05]),
        "platforms": random.choice(["Netflix", "Prime Video"], titles),
        "kinds": random.choice(["movie", "show"], titles, p=[0.7, 0.3]),
        "probabilities": probabilities,
        "assigned": probabilities >= 0.4,
        "embeddings": random.normal(size=(titles, 16)).astype(np.float32),
        "labels": random.random((titles, len(GENRES))) < 0.3,
    }
    return Window(**{**usual, **changed})
