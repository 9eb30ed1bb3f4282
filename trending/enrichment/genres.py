"""The genres of one title: the classifiers, a second opinion of the language model, and what is left without."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from trending.catalog.leakage import keyword_predictions
from trending.catalog.taxonomy import load_taxonomy
from trending.catalog.text import clean_plot, clean_review
from trending.enrichment.failures import fault_of
from trending.enrichment.schema import EnrichmentInput, Fault, GenreAnswer, GenreRung
from trending.features.document import make_document
from trending.llm.protocol import LLMEngine
from trending.settings import Settings

if TYPE_CHECKING:
    from trending.enrichment.trust import Trust

Classify = Callable[[list[str]], Awaitable[list[GenreAnswer]]]
"""Document texts to answers, of the classifier or of the one that stands in for it."""
Example = tuple[str, str, tuple[str, ...]]
"""Title, plot and genres of a training title."""
Examples = Callable[[EnrichmentInput], Sequence[Example]]

WORDS = "words"
"""Version of the last rung, which is no trained model."""
WORD_PROBABILITY = 0.5
UNKNOWN_THRESHOLD = 0.5
_RUNGS: dict[str, GenreRung] = {
    "bert": "bert",
    "xgboost": "xgboost",
    "blend": "blend",
    "linear": "linear",
    "keyword": "keyword",
}
UNTRAINED = (WORDS, "")


def document_of(title: EnrichmentInput, *, max_reviews: int) -> str:
    """The document text, cleaned and made as in training."""
    reviews = [clean_review(review)[0] for review in title.reviews]
    return make_document(clean_plot(title.title), clean_plot(title.plot), reviews, max_reviews=max_reviews)


def answers_of(
    probabilities: npt.NDArray[np.float32],
    *,
    kind: str,
    version: str,
    genres: Sequence[str],
    thresholds: Sequence[float],
) -> list[GenreAnswer]:
    """Rows of probabilities `[n, genres]` as answers of a classifier of this kind."""
    limits = dict(zip(genres, map(float, thresholds), strict=True))
    answers = []
    for row in probabilities:
        named = dict(zip(genres, map(float, row), strict=True))
        chosen = [genre for genre in genres if named[genre] >= limits[genre]]
        chosen.sort(key=lambda genre: -named[genre])
        answers.append(GenreAnswer(_RUNGS.get(kind, "none"), version, tuple(chosen), named, limits))
    return answers


async def classified(document: str, classify: Classify) -> tuple[GenreAnswer, list[Fault]]:
    """The classifier's answer; where it fails, the genres whose names stand in the text."""
    try:
        (answer,) = await classify([document])
    except Exception as error:  # noqa: BLE001 (whatever fails in a remote classifier, there is a lower rung)
        fault = Fault("genres", "classifier", f"no classifier answered ({type(error).__name__})")
        return genres_by_words(document), [fault]
    known = load_taxonomy().genres
    return replace(answer, genres=tuple(genre for genre in answer.genres if genre in known)), []


def genres_by_words(document: str) -> GenreAnswer:
    """Genres whose keywords stand in the text: no model at all, so each found one gets an even chance."""
    found = keyword_predictions([document])[0]
    genres = load_taxonomy().genres
    return GenreAnswer(
        rung="keyword" if found else "none",
        version=WORDS if found else "",
        genres=tuple(genre for genre in genres if genre in found),
        probabilities={genre: WORD_PROBABILITY if genre in found else 0.0 for genre in genres},
    )


async def with_second_opinion(
    answer: GenreAnswer,
    title: EnrichmentInput,
    *,
    engine: LLMEngine,
    trust: Trust,
    examples: Examples | None,
    settings: Settings,
) -> tuple[GenreAnswer, list[Fault]]:
    """The classifier's answer weighed with the language model's by the learnt rule.

    Where no classifier answered, a language model that is trusted at all answers alone. Where it fails, the
    answer stays as it is.
    """
    from trending.enrichment.llm_genres import llm_genre_probabilities
    from trending.enrichment.trust import combine, llm_alone

    genres = load_taxonomy().genres
    try:
        near = await asyncio.to_thread(examples, title) if examples else ()
        said = await llm_genre_probabilities(engine, title, near, genres, settings=settings)
    except Exception as error:  # noqa: BLE001 (whatever fails in a remote model, the classifier has answered)
        return answer, [fault_of(error, "genres")]
    alone = answer.version in UNTRAINED
    probabilities = dict(llm_alone(said, trust) if alone else combine(answer.probabilities, said, trust))
    chosen = [g for g in genres if probabilities.get(g, 0.0) >= answer.thresholds.get(g, UNKNOWN_THRESHOLD)]
    return (
        replace(
            answer,
            rung="llm" if alone else "combined",
            version=engine.card.model if alone else answer.version,
            genres=tuple(sorted(chosen, key=lambda genre: -probabilities[genre])),
            probabilities={genre: float(probabilities.get(genre, 0.0)) for genre in genres},
        ),
        [],
    )
