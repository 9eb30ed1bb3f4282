"""What each word of a document does to the probability of each genre: two ways to find out.

- `occlusion`, of any model: the document without the word is asked too, and the effect is how far the probability
  falls. It counts everything that the model reads in the word, and costs a document a word.
- `terms`, of models that add up what words say: the effect is a share of the log-odds. A linear model's is coefficient
  times TF-IDF. Of boosted trees, what the trees take from a genre's linear score (`pred_contribs`) is dealt out to the
  terms that pull that score to one side, in proportion to their pull: for the genre itself the side of the
  contribution, for another genre the side to which all terms together pull. What the trees take from the embedding
  belongs to no word and is left out.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import numpy.typing as npt

from trending.errors import EvaluationError
from trending.evaluation.occlusion import Variants, variants
from trending.models.base import GenreModel
from trending.models.linear import LinearModel
from trending.models.xgboost_model import XGBoostModel, split_features

Method = Literal["occlusion", "terms"]
UNITS = {"occlusion": "probability", "terms": "log_odds"}

Effects = npt.NDArray[np.floating]
"""`[words, genres]`; above 0 speaks for the genre."""


@dataclass(frozen=True)
class WordEffects:
    """The words of one document. `effects` is `[len(words), genres]`."""

    words: tuple[str, ...]
    effects: Effects
    parts: dict[str, npt.NDArray[np.floating]] = field(default_factory=dict)
    """Of boosted trees: what each group of features adds to the log-odds, `[genres]`."""


@dataclass(frozen=True)
class Occlusion:
    """A document by what is left when something is left out."""

    probabilities: npt.NDArray[np.float32]
    """Of the whole document, `[genres]`."""
    effects: WordEffects


def methods_of(model: GenreModel) -> tuple[Method, ...]:
    """The ways that there are for this model, the first for whoever names none.

    Of boosted trees that is occlusion: most of what they say comes from the embedding, which terms know nothing of.
    """
    if isinstance(model, LinearModel):
        return ("terms", "occlusion")
    return ("occlusion", "terms") if isinstance(model, XGBoostModel) else ("occlusion",)


def require_method(model: GenreModel, method: Method) -> None:
    """Raise `EvaluationError` unless the model can be explained in this way."""
    if method not in methods_of(model):
        known = ", ".join(methods_of(model))
        raise EvaluationError(f"{method!r} is no way to explain {model.name}. There is: {known}.")


def word_effects(model: GenreModel, documents: Sequence[str], *, method: Method) -> list[WordEffects]:
    """The content words of each document, in one batch for the model.

    Raises `EvaluationError` for a method that there is not for this kind of model.
    """
    require_method(model, method)
    tried = [variants(document) for document in documents]
    if method == "occlusion":
        return [one.effects for one in occluded(model, tried)]
    return [
        WordEffects(one.words, _by_word(one.words, found), found.parts)
        for one, found in zip(tried, term_effects(model, documents), strict=True)
    ]


def occluded(model: GenreModel, tried: Sequence[Variants]) -> list[Occlusion]:
    """What each word or sentence is worth to its document, all in one batch."""
    answers = model.predict_proba([text for one in tried for text in one.texts])
    ends = np.cumsum([len(one.texts) for one in tried])
    return [
        Occlusion(rows[0], WordEffects(one.words, rows[0] - rows[1:]))
        for one, rows in zip(tried, np.split(answers, ends[:-1]), strict=bool(tried))
    ]


def term_effects(model: GenreModel, documents: Sequence[str]) -> list[WordEffects]:
    """The terms that the model knows (words and pairs of words) in place of words."""
    linear = model.first_stage.linear if isinstance(model, XGBoostModel) else model
    assert isinstance(linear, LinearModel)
    found = [linear.contributions(document) for document in documents]
    if not isinstance(model, XGBoostModel):
        return [WordEffects(tuple(terms), pulls) for terms, pulls in found]
    contributions = model.contributions(documents) if documents else np.zeros((0, 0, 0))
    return [
        _through_trees(terms, pulls, of_title, len(model.genres))
        for (terms, pulls), of_title in zip(found, contributions, strict=True)
    ]


def _through_trees(
    terms: Sequence[str], pulls: Effects, contributions: npt.NDArray[np.floating], genres: int
) -> WordEffects:
    """`pulls` `[terms, genres]` on the linear scores; `contributions` `[genres, features + 1]` of one title.

    Where no term pulls to the side that counts, the contribution is missing from the sum of the words.
    """
    groups = split_features(contributions[:, :-1], genres)
    # A high score of another genre may well speak against this one, so that its sign says nothing of the words'.
    sides = np.where(np.eye(genres, dtype=bool), groups.linear, pulls.sum(axis=0)) >= 0
    effects = np.zeros((len(terms), genres))
    for sign, side in ((1, sides), (-1, ~sides)):
        pulling = np.maximum(sign * pulls, 0)
        shares = pulling / np.maximum(pulling.sum(axis=0), 1e-12)
        effects += shares @ np.where(side, groups.linear, 0).T
    parts = {
        "words": groups.linear.sum(axis=-1),
        "embedding": groups.embedding.sum(axis=-1),
        "ridge": groups.ridge.sum(axis=-1),
        "neighbours": groups.neighbours.sum(axis=-1),
        "base": contributions[:, -1],
    }
    return WordEffects(tuple(terms), effects, parts)


def _by_word(words: Sequence[str], terms: WordEffects) -> Effects:
    """Effects of terms as effects of words: a pair of words shares its effect among the two."""
    by_token: dict[str, Effects] = {}
    for term, effect in zip(terms.words, terms.effects, strict=True):
        tokens = term.split()
        for token in tokens:
            by_token[token] = by_token.get(token, 0) + effect / len(tokens)
    none = np.zeros(terms.effects.shape[1])
    sums = [sum((by_token.get(token, none) for token in _tokens(word)), none) for word in words]
    return np.array(sums).reshape(len(words), -1)


def _tokens(word: str) -> set[str]:
    """A word as the vocabulary writes it: without accents and capitals, parted at signs."""
    plain = unicodedata.normalize("NFKD", word.lower())
    return set(re.findall(r"\w\w+", "".join(c for c in plain if not unicodedata.combining(c))))
