"""The words that decided: how far the probability of a genre falls when a word is left out (occlusion)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from trending.catalog.sentences import split_sentences
from trending.models.base import Probabilities

MAX_WORDS = 60
"""Distinct words that are tried: each costs one document of the model's time."""
TOP_WORDS = 5
MIN_LETTERS = 3
MIN_FALL = 0.001
"""A smaller fall of probability is not shown."""

POSSESSIVE = re.compile(r"['’]s$", re.IGNORECASE)
WORD = re.compile(r"[^\W\d_][\w'’-]*")


@dataclass(frozen=True)
class Variants:
    """A document, and the same without each of its words or sentences."""

    words: tuple[str, ...]
    texts: tuple[str, ...]
    """The document itself, then one text a word."""


def variants(document: str, *, max_words: int = MAX_WORDS) -> Variants:
    """Without each distinct content word (all of its places), in order of first appearance."""
    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

    found: dict[str, str] = {}
    for match in WORD.finditer(document):
        word = POSSESSIVE.sub("", match.group().rstrip("'’-"))
        if len(word) >= MIN_LETTERS and word.lower() not in ENGLISH_STOP_WORDS:
            found.setdefault(word.lower(), word)
        if len(found) == max_words:
            break
    texts = tuple(without_words(document, [word]) for word in found)
    return Variants(tuple(found.values()), (document, *texts))


def sentence_variants(document: str) -> Variants:
    """Without each sentence of plot and reviews. What is left of a document keeps its lines."""
    title, *lines = document.split("\n")
    first = 1 if lines else 0
    lines = [title, *lines]
    sentences, texts = [], []
    for number, line in enumerate(lines[first:], first):
        for sentence in split_sentences(line):
            if sentence in line:
                rest = line.replace(sentence, "", 1).strip()
                sentences.append(sentence)
                texts.append("\n".join([*lines[:number], rest, *lines[number + 1 :]]))
    return Variants(tuple(sentences), (document, *texts))


def deciding_words(
    tried: Variants,
    probabilities: Probabilities,
    genres: Sequence[str],
    thresholds: Sequence[float],
    *,
    top: int = TOP_WORDS,
) -> dict[str, list[tuple[str, float]]]:
    """For each assigned genre the words whose absence lowers its probability most, with the fall.

    `probabilities`: `[1 + words, genres]`, of `tried.texts`.
    """
    whole, without = probabilities[0], probabilities[1:]
    answers = {}
    for column in np.flatnonzero(whole >= np.asarray(thresholds)):
        falls = whole[column] - without[:, column]
        best = [row for row in np.argsort(-falls, kind="stable")[:top] if falls[row] >= MIN_FALL]
        answers[genres[int(column)]] = [(tried.words[row], round(float(falls[row]), 4)) for row in best]
    return answers


def without_words(document: str, words: Iterable[str]) -> str:
    """The document without these words, in all of their places."""
    for word in words:
        pattern = re.compile(rf"(?<!\w){re.escape(word)}(?:['’]s)?(?!\w)", re.IGNORECASE)
        document = pattern.sub("", document)
    return document
