"""From the API's words to a document, and from probabilities to the API's words."""

from __future__ import annotations

from typing import Any

from serve_app.schemas import GenreOut, TitleGenres, TitleIn
from trending.features.document import make_document


def document_of(title: TitleIn, *, max_reviews: int) -> str:
    """The document text of a request, cleaned and made as in training."""
    from trending.catalog.text import clean_plot, clean_review

    reviews = [clean_review(review)[0] for review in title.reviews]
    return make_document(clean_plot(title.title), clean_plot(title.plot), reviews, max_reviews=max_reviews)


def answer(title: str, row: Any, model: dict[str, Any]) -> TitleGenres:
    """One row of probabilities `[genres]` as the API's words."""
    named = {genre: float(p) for genre, p in zip(model["genres"], row, strict=True)}
    chosen = [
        GenreOut(genre=genre, probability=named[genre])
        for genre, threshold in zip(model["genres"], model["thresholds"], strict=True)
        if named[genre] >= threshold
    ]
    return TitleGenres(
        title=title,
        genres=sorted(chosen, key=lambda g: g.probability, reverse=True),
        probabilities=named,
    )
