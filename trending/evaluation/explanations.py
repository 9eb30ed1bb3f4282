"""Why a title got its genres: the words that moved each one, and whether it was those words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from trending.errors import EvaluationError
from trending.evaluation.deletion import CASES, WORDS, deletion_check
from trending.evaluation.occlusion import sentence_variants, variants
from trending.evaluation.word_effects import (
    UNITS,
    Method,
    WordEffects,
    methods_of,
    occluded,
    require_method,
    term_effects,
)
from trending.progress import Report, silent

if TYPE_CHECKING:
    from trending.features.documents import DocumentSet
    from trending.models.bundle import Bundle

TOP_WORDS = 8
MIN_EFFECT = 0.001
"""A smaller effect is not shown."""


@dataclass(frozen=True)
class Effect:
    """A word, pair of words or sentence. `effect` above 0 speaks for the genre, below 0 against it."""

    text: str
    effect: float


@dataclass(frozen=True)
class GenreExplanation:
    """Why one genre is as probable as it is; strongest first."""

    genre: str
    probability: float
    threshold: float
    words: tuple[Effect, ...]
    sentences: tuple[Effect, ...]
    """By occlusion, and only where there are several sentences."""
    parts: Mapping[str, float]
    """Of boosted trees: what words, embedding and the scores made of it add to the log-odds."""

    @property
    def assigned(self) -> bool:
        """At or above its threshold."""
        return self.probability >= self.threshold


@dataclass(frozen=True)
class Explanation:
    """The explained genres of one document, most probable first."""

    method: Method
    unit: str
    """Of the words: `probability` or `log_odds`. Sentences are always in probability."""
    genres: tuple[GenreExplanation, ...]

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "method": self.method,
            "unit": self.unit,
            "genres": [asdict(one) | {"assigned": one.assigned} for one in self.genres],
        }


def explain(
    bundle: Bundle,
    document: str,
    *,
    method: Method | None = None,
    genres: Sequence[str] = (),
    top: int = TOP_WORDS,
) -> Explanation:
    """The `top` words of each of `genres`; without, of those that the bundle assigns, or else the most probable.

    `method`: None is the first of `word_effects.methods_of`. Raises `EvaluationError` for a genre or method
    that there is not.
    """
    model = bundle.model
    chosen = method or methods_of(model)[0]
    require_method(model, chosen)
    tried = [sentence_variants(document), *([variants(document)] if chosen == "occlusion" else [])]
    by_sentence, *by_word = occluded(model, tried)
    found = by_word[0].effects if by_word else term_effects(model, [document])[0]
    probabilities = by_sentence.probabilities
    sentences = by_sentence.effects if len(by_sentence.effects.words) > 1 else None
    explained = [
        GenreExplanation(
            genre=model.genres[column],
            probability=round(float(probabilities[column]), 4),
            threshold=float(bundle.thresholds[column]),
            words=_strongest(found, column, top),
            sentences=_strongest(sentences, column, top) if sentences else (),
            parts={name: round(float(values[column]), 4) for name, values in found.parts.items()},
        )
        for column in _columns(bundle, probabilities, genres)
    ]
    return Explanation(chosen, UNITS[chosen], tuple(explained))


def check_explanations(
    bundle: Bundle,
    titles: DocumentSet,
    *,
    cases: int = CASES,
    words: int = WORDS,
    seed: int = 0,
    report: Report = silent,
) -> Mapping[str, Any]:
    """The `deletion_check` of the way in which the model is explained, and under `others` that of every other way."""
    own, *others = [
        deletion_check(bundle, titles, method, cases=cases, words=words, seed=seed, report=report)
        for method in methods_of(bundle.model)
    ]
    return {**own, "others": others}


def _columns(bundle: Bundle, probabilities: npt.NDArray[np.float32], genres: Sequence[str]) -> list[int]:
    """Of the genres that are explained, most probable first."""
    known = bundle.model.genres
    for genre in genres:
        if genre not in known:
            raise EvaluationError(f"{genre!r} is none of the model's genres: {', '.join(known)}.")
    order = [int(column) for column in np.argsort(-probabilities, kind="stable")]
    wanted = (
        {known.index(genre) for genre in genres}
        or {c for c in order if probabilities[c] >= bundle.thresholds[c]}
        or {order[0]}
    )
    return [column for column in order if column in wanted]


def _strongest(found: WordEffects, column: int, top: int) -> tuple[Effect, ...]:
    effects = found.effects[:, column]
    order = np.argsort(-np.abs(effects), kind="stable")[:top]
    return tuple(
        Effect(found.words[row], round(float(effects[row]), 4))
        for row in order
        if abs(effects[row]) >= MIN_EFFECT
    )
