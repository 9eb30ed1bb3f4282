"""From the API's words to the document that a model reads."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from serve_app.api.schemas.genres import TitleIn
from serve_app.contracts import TitleDetail
from trending.features.document import make_document

_LONG = 50_000
"""Characters whose cleaning takes about as long as a switch of threads is worth: some milliseconds."""


def document_of(title: TitleIn, *, max_reviews: int) -> str:
    """The document text of a request, cleaned and made as in training."""
    return _document(title.title, title.plot, title.reviews, max_reviews)


async def documents_of(titles: Sequence[TitleIn], *, max_reviews: int) -> list[str]:
    """Those of all titles. Long texts are cleaned in a thread: other requests need not wait for them."""
    characters = sum(len(t.title) + len(t.plot) + sum(map(len, t.reviews)) for t in titles)
    if characters < _LONG:
        return [document_of(title, max_reviews=max_reviews) for title in titles]
    return await asyncio.to_thread(lambda: [document_of(title, max_reviews=max_reviews) for title in titles])


def document_of_stored(title: TitleDetail, *, max_reviews: int) -> str:
    """The same of a title in the catalogue."""
    return _document(title.summary.title, title.plot, list(title.reviews), max_reviews)


def _document(title: str, plot: str, reviews: list[str], max_reviews: int) -> str:
    from trending.catalog.text import clean_plot, clean_review

    cleaned = [clean_review(review)[0] for review in reviews[:max_reviews]]
    return make_document(clean_plot(title), clean_plot(plot), cleaned, max_reviews=max_reviews)
