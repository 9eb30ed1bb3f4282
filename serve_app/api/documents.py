"""From the API's words to the document that a model reads."""

from __future__ import annotations

from serve_app.api.schemas.genres import TitleIn
from serve_app.contracts import TitleDetail
from trending.features.document import make_document


def document_of(title: TitleIn, *, max_reviews: int) -> str:
    """The document text of a request, cleaned and made as in training."""
    return _document(title.title, title.plot, title.reviews, max_reviews)


def document_of_stored(title: TitleDetail, *, max_reviews: int) -> str:
    """The same of a title in the catalogue."""
    return _document(title.summary.title, title.plot, list(title.reviews), max_reviews)


def _document(title: str, plot: str, reviews: list[str], max_reviews: int) -> str:
    from trending.catalog.text import clean_plot, clean_review

    cleaned = [clean_review(review)[0] for review in reviews[:max_reviews]]
    return make_document(clean_plot(title), clean_plot(plot), cleaned, max_reviews=max_reviews)
