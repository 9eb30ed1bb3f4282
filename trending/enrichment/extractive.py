"""Summaries without a language model: the sentences in which the reviews agree most.

LexRank (Erkan and Radev 2004): a sentence is central if central sentences are like it. Similarity is the cosine of
embeddings, and the ranks are the stationary distribution of the walk over it. Then maximal marginal relevance
(Carbonell and Goldstein 1998) takes the most central ones that do not repeat each other.
"""

from __future__ import annotations

import re

import numpy as np

from trending.enrichment.offensive import is_offensive
from trending.enrichment.support import Ground, Vectors
from trending.settings import EnrichmentSettings

SENTENCES = 3
FEWEST_WORDS, MOST_WORDS = 5, 32
DAMPING = 0.85
NOVELTY = 0.4
"""How much likeness to what is already chosen counts against a sentence."""
TOO_LIKE = 0.85
FIRST_PERSON = 0.85
"""Factor for sentences about the reviewer instead of the work."""
_STEPS = 50
_MASK = re.compile(r"\[(?:url|email|phone)\]|https?:|[<>{}\\|]")
_I = re.compile(r"\b(?:I|I'm|I've|I'd|I'll|my|me|myself|mine)\b", re.IGNORECASE)


def extractive_summary(ground: Ground, settings: EnrichmentSettings) -> str:
    """Up to three sentences of the reviews, in their order, at most `max_summary_words` words together.

    Empty where no sentence can be quoted.
    """
    usable = _usable(ground)
    if not usable:
        return ""
    sentences = ground.evidence.sentences
    chosen: list[int] = []
    left = settings.max_summary_words
    for place in _ranked(ground.reviews[usable], [sentences[i] for i in usable]):
        sentence = usable[place]
        words = len(sentences[sentence].split())
        if words <= left and len(chosen) < SENTENCES:
            chosen.append(sentence)
            left -= words
    if not chosen:  # every sentence is longer than a summary may be
        words = sentences[usable[0]].split()[: settings.max_summary_words]
        return " ".join(words).rstrip(",;:- ") + "…"
    return " ".join(_tidy(sentences[i]) for i in sorted(chosen))


def _usable(ground: Ground) -> list[int]:
    """Positions of sentences that can be quoted; of any length where none has a good one."""
    clean = [
        place
        for place, sentence in enumerate(ground.evidence.sentences)
        if not _MASK.search(sentence) and not is_offensive(sentence) and _mostly_letters(sentence)
    ]
    good = [i for i in clean if FEWEST_WORDS <= len(ground.evidence.sentences[i].split()) <= MOST_WORDS]
    return good or clean


def _ranked(vectors: Vectors, sentences: list[str]) -> list[int]:
    """Positions, best first, without those that say what an earlier one says."""
    central = _centrality(vectors)
    central = central * np.array([FIRST_PERSON if _I.search(s) else 1.0 for s in sentences])
    central = central / central.max()
    like = vectors @ vectors.T
    order: list[int] = []
    left = list(range(len(vectors)))
    while left:
        value = [central[i] - NOVELTY * max((like[i, j] for j in order), default=0.0) for i in left]
        best = left.pop(int(np.argmax(value)))
        if all(like[best, j] < TOO_LIKE for j in order):
            order.append(best)
    return order


def _centrality(vectors: Vectors) -> np.ndarray:
    """The stationary distribution of a walk from sentence to like sentence, `[n]`."""
    weights = np.clip(vectors @ vectors.T, 0.0, 1.0).astype(np.float64)
    np.fill_diagonal(weights, 0.0)
    sums = weights.sum(axis=1, keepdims=True)
    n = len(vectors)
    steps = np.divide(weights, sums, out=np.full_like(weights, 1 / n), where=sums > 0)
    ranks = np.full(n, 1 / n)
    for _ in range(_STEPS):
        ranks = (1 - DAMPING) / n + DAMPING * (steps.T @ ranks)
    return ranks


def _mostly_letters(sentence: str) -> bool:
    return sum(c.isalpha() or c.isspace() for c in sentence) >= 0.8 * len(sentence)


def _tidy(sentence: str) -> str:
    sentence = sentence.strip().strip("-*• ")
    sentence = sentence[:1].upper() + sentence[1:]
    return (
        sentence if sentence.endswith((".", "!", "?", "…", '"', "'", ")")) else f"{sentence.rstrip(',;:')}."
    )
