"""The document text: the only thing that a model ever sees of a title."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from trending.catalog.leakage import mask_genre_statements


def make_document(title: str, plot: str, reviews: Sequence[str] = (), *, max_reviews: int) -> str:
    """Title, plot and the first `max_reviews` reviews, with statements of the genre masked as `[genre]`.

    All parts are expected clean (`catalog.text`). Parts are separated by line breaks.
    """
    parts = [title, plot, *reviews[:max_reviews]]
    return "\n".join(mask_genre_statements(part)[0] for part in parts if part)


@dataclass(frozen=True)
class DocumentParts:
    """What a document was made of. Empty where there is no title."""

    title: str
    plot: str
    reviews: tuple[str, ...] = ()

    def with_plot(self, plot: str) -> str:
        """The document of another plot, made as every document is: what it says of its genre is masked."""
        return make_document(self.title, plot, self.reviews, max_reviews=len(self.reviews))


def split_document(document: str) -> DocumentParts:
    """The parts that `make_document` joined. A single line is a plot; clean parts hold no line break."""
    title, _, rest = document.partition("\n")
    if not rest:
        return DocumentParts("", title)
    plot, *reviews = rest.split("\n")
    return DocumentParts(title, plot, tuple(reviews))
