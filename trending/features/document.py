"""The document text: the only thing that a model ever sees of a title."""

from __future__ import annotations

from collections.abc import Sequence

from trending.catalog.leakage import mask_genre_statements


def make_document(title: str, plot: str, reviews: Sequence[str] = (), *, max_reviews: int) -> str:
    """Title, plot and the first `max_reviews` reviews, with statements of the genre masked as `[genre]`.

    All parts are expected clean (`catalog.text`). Parts are separated by line breaks.
    """
    parts = [title, plot, *reviews[:max_reviews]]
    return "\n".join(mask_genre_statements(part)[0] for part in parts if part)
