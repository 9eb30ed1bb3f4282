"""Whether explanations are true: without the words that they name, the score must fall more than without others.

The faithfulness test of Samek et al. (2017), "Evaluating the visualization of what a deep neural network has learned",
with words for pixels. For words found by occlusion it asks less than it seems: each word was chosen because the same
model answers lower without it, so it shows only that effects of single words add up. For `terms` it is a test: the
words were chosen without asking the model about another text.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from trending.evaluation.occlusion import without_words
from trending.evaluation.word_effects import Method, WordEffects, word_effects
from trending.progress import Report, silent

if TYPE_CHECKING:
    from trending.features.documents import DocumentSet
    from trending.models.bundle import Bundle

CASES = 100
WORDS = 3
"""Deleted from each document."""
DRAWS = 5
"""Sets of random words a document; their mean counts."""
SAMPLES = 2000
MAX_EXAMPLES = 10


@dataclass(frozen=True)
class _Deleted:
    """One document. `answers`: the genre's probability in the document, without the top words, without each draw."""

    title_id: str
    genre: str
    top: tuple[str, ...]
    answers: npt.NDArray[np.floating]

    @property
    def drops(self) -> tuple[float, float]:
        """Without the top words, without random words."""
        return float(self.answers[0] - self.answers[1]), float(self.answers[0] - self.answers[2:].mean())


def deletion_check(
    bundle: Bundle,
    titles: DocumentSet,
    method: Method,
    *,
    cases: int = CASES,
    words: int = WORDS,
    seed: int = 0,
    report: Report = silent,
) -> dict[str, Any]:
    """The figures of one way to explain, on those of `cases` titles that have twice as many words as are deleted.

    `drop_top` and `drop_random` are the mean falls of the most probable genre's probability without the `words` words
    that speak most for it, and without as many drawn from all content words; `difference_ci95` is a bootstrap
    interval of the mean `difference`, paired by title; `larger` the share of titles where the first fall is the
    larger one. `examples`: the first titles, with their words.
    """
    order = np.random.default_rng(seed).permutation(len(titles.documents))[:cases]
    report(f"Explanations by {method}: words of {len(order)} documents")
    documents = [titles.documents[row] for row in order]
    found = word_effects(bundle.model, documents, method=method)
    usable = [place for place, one in enumerate(found) if len(one.words) >= 2 * words]
    report(f"Explanations by {method}: without the words")
    deleted = _delete(
        bundle,
        [titles.title_ids[order[place]] for place in usable],
        [documents[place] for place in usable],
        [found[place] for place in usable],
        words=words,
        seed=seed,
    )
    return {"method": method, "words": words, **_figures(deleted, seed)}


def _delete(
    bundle: Bundle,
    title_ids: Sequence[str],
    documents: Sequence[str],
    found: Sequence[WordEffects],
    *,
    words: int,
    seed: int,
) -> list[_Deleted]:
    """Asks for all documents without their words in one batch, once it is known what each one's genre is."""
    model = bundle.model
    columns = model.predict_proba(documents).argmax(axis=1) if documents else []
    tops, texts = [], []
    for title_id, document, one, column in zip(title_ids, documents, found, columns, strict=True):
        generator = Random(f"{seed} {title_id}")
        best = np.argsort(-one.effects[:, column], kind="stable")[:words]
        tops.append(tuple(one.words[row] for row in best))
        draws = [generator.sample(one.words, words) for _ in range(DRAWS)]
        texts += [document, *(without_words(document, chosen) for chosen in (tops[-1], *draws))]
    answers = model.predict_proba(texts).reshape(len(documents), 2 + DRAWS, len(model.genres))
    return [
        _Deleted(title_id, model.genres[column], top, rows[:, column])
        for title_id, column, top, rows in zip(title_ids, columns, tops, answers, strict=True)
    ]


def _figures(deleted: Sequence[_Deleted], seed: int) -> dict[str, Any]:
    drops = np.array([one.drops for one in deleted]).reshape(-1, 2)
    differences = drops[:, 0] - drops[:, 1]
    return {
        "cases": len(deleted),
        "drop_top": _mean(drops[:, 0]),
        "drop_random": _mean(drops[:, 1]),
        "difference": _mean(differences),
        "difference_ci95": _interval(differences, seed),
        "larger": _mean(differences > 0),
        "examples": [
            {
                "title_id": one.title_id,
                "genre": one.genre,
                "words": list(one.top),
                "probability": round(float(one.answers[0]), 4),
                "without_words": round(float(one.answers[1]), 4),
                "without_random": round(float(one.answers[2:].mean()), 4),
            }
            for one in deleted[:MAX_EXAMPLES]
        ],
    }


def _mean(values: npt.NDArray[Any]) -> float:
    return round(float(values.mean()), 4) if len(values) else float("nan")


def _interval(values: npt.NDArray[np.floating], seed: int) -> tuple[float, float]:
    """Percentile bootstrap of the mean; nan for fewer than two values."""
    from scipy.stats import bootstrap

    if len(values) < 2:
        return float("nan"), float("nan")
    found = bootstrap(
        (values,), np.mean, n_resamples=SAMPLES, method="percentile", rng=np.random.default_rng(seed)
    ).confidence_interval
    return round(float(found.low), 4), round(float(found.high), 4)
