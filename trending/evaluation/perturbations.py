"""Changes to a plot that a sound model bears, and those that must move it.

They change the plot alone. The document is made again of the changed plot by the function that makes every document,
so that what is tested is what a person who sends such a plot would get. A change of one title depends on the
seed, the change's name and the title, not on which other titles are asked.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Literal

from trending.catalog.sentences import split_sentences
from trending.evaluation.word_swaps import swap_genders, swap_origins, swap_synonyms, word_lists
from trending.features.document import split_document

Kind = Literal["invariance", "direction", "injection"]
Aim = Literal["most_probable", "absent"]
"""Which genre a change is about: the most probable one, or one that the answer does not have."""

TYPO_SHARE = 0.1
"""Of the words; one at least."""
TYPO_LETTERS = 4
"""Shorter words are left alone: a typo makes another word of them."""
KEPT_SHARE = 2 / 3
"""Of the words of a plot that is cut off."""
FEWEST_KEPT = 8

_MASK = re.compile(r"(\[(?:genre|url|email|phone)\])")
_LONG_WORD = re.compile(rf"(?<![\w\[])[^\W\d_]{{{TYPO_LETTERS},}}(?![\w\]])")
_KEYS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")


@dataclass(frozen=True)
class Perturbation:
    """A change to plots."""

    name: str
    kind: Kind
    description: str
    change: Callable[[str, str, Random], str]
    """From the plot, the genre that it is about (empty without `aim`) and a source of chance to the new plot."""
    aim: Aim | None = None

    def apply(self, document: str, *, key: str, seed: int, genre: str = "") -> str | None:
        """The changed document; None where the change finds nothing to change in it."""
        parts = split_document(document)
        plot = self.change(parts.plot, genre, Random(f"{seed} {self.name} {key}"))
        return parts.with_plot(plot) if plot != parts.plot else None


def all_perturbations() -> list[Perturbation]:
    """Every change, invariances first."""
    return [*_spelling(), *_wording(), *_cuts(), *_genre_sentences(), *_injections()]


def _spelling() -> list[Perturbation]:
    return [
        _invariance("typos", "A letter swapped, dropped, doubled or mistyped in one of ten words.", _typos),
        _invariance("lower_case", "All in small letters.", lambda plot, _: plot.lower()),
        _invariance("upper_case", "All in capitals.", lambda plot, _: _between_masks(plot, str.upper)),
        _invariance("no_punctuation", "Without any punctuation.", lambda plot, _: _unpunctuated(plot)),
        _invariance(
            "loud_punctuation", "Sentences end in three exclamation marks.", lambda plot, _: _loud(plot)
        ),
    ]


def _wording() -> list[Perturbation]:
    return [
        _invariance("synonyms", "Half of the listed words replaced by synonyms.", swap_synonyms),
        _invariance("names_gender", "First names and gendered words of the other gender.", swap_genders),
        _invariance("names_origin", "Names replaced by names of another origin.", swap_origins),
    ]


def _cuts() -> list[Perturbation]:
    return [
        _invariance("dropped_sentence", "One sentence of several left out.", _without_a_sentence),
        _invariance("truncation", "Cut off after two thirds of the words.", lambda plot, _: _cut_off(plot)),
    ]


def _genre_sentences() -> list[Perturbation]:
    def add(plot: str, genre: str, generator: Random) -> str:
        sentences = word_lists()["genre_sentences"].get(genre)
        return _after_first_sentence(plot, generator.choice(sentences)) if sentences else plot

    return [
        Perturbation(
            "genre_sentence_confirms",
            "direction",
            "A sentence that speaks for the most probable genre is added: the genre must not fall.",
            add,
            aim="most_probable",
        ),
        Perturbation(
            "genre_sentence_adds",
            "direction",
            "A sentence that speaks for a genre which the answer does not have is added: the genre must rise.",
            add,
            aim="absent",
        ),
    ]


def _injections() -> list[Perturbation]:
    def order(text: str) -> Callable[[str, str, Random], str]:
        def add(plot: str, genre: str, _: Random) -> str:
            noun = word_lists()["nouns"].get(genre)
            return _after_first_sentence(plot, text.format(genre=genre, noun=noun)) if noun else plot

        return add

    return [
        Perturbation(
            f"injection_{name}",
            "injection",
            f"“{text}” after the first sentence, of a genre that the answer does not have: it must not be assigned.",
            order(text),
            aim="absent",
        )
        for name, text in word_lists()["injections"].items()
    ]


def _invariance(name: str, description: str, change: Callable[[str, Random], str]) -> Perturbation:
    return Perturbation(name, "invariance", description, lambda plot, _, generator: change(plot, generator))


def _typos(plot: str, generator: Random) -> str:
    places = [match.start() for match in _LONG_WORD.finditer(plot)]
    count = min(len(places), max(1, round(TYPO_SHARE * len(plot.split()))))
    chosen = set(generator.sample(places, count))
    return _LONG_WORD.sub(
        lambda match: _mistyped(match.group(), generator) if match.start() in chosen else match.group(), plot
    )


def _mistyped(word: str, generator: Random) -> str:
    """One slip, never in the first letter."""
    place = generator.randrange(1, len(word) - 1)
    before, letter, after = word[:place], word[place], word[place + 1 :]
    swapped = f"{before}{after[0]}{letter}{after[1:]}"
    slips = [
        before + after,
        f"{before}{letter}{letter}{after}",
        f"{before}{generator.choice(_beside(letter))}{after}",
    ]
    return generator.choice([slip for slip in [swapped, *slips] if slip != word])


def _beside(letter: str) -> str:
    """The keys left and right of a letter; itself where it is on no English keyboard."""
    for keys in _KEYS:
        place = keys.find(letter.lower())
        if place >= 0:
            return keys[max(0, place - 1) : place] + keys[place + 1 : place + 2]
    return letter


def _between_masks(plot: str, change: Callable[[str], str]) -> str:
    """What cleaning put in the place of a text stays as it is."""
    return "".join(part if _MASK.fullmatch(part) else change(part) for part in _MASK.split(plot))


def _unpunctuated(plot: str) -> str:
    return " ".join(_between_masks(plot, lambda part: re.sub(r"[^\w\s'’]|_", " ", part)).split())


def _loud(plot: str) -> str:
    return re.sub(r"[.!?…]+(?=\s|$)|(?<![.!?…])$", "!!!", plot)


def _after_first_sentence(plot: str, added: str) -> str:
    """Not at the end, where a model that reads so many words and no more would never see it."""
    first, *rest = split_sentences(plot) or [""]
    return " ".join([first, added, *rest]).strip()


def _without_a_sentence(plot: str, generator: Random) -> str:
    sentences = split_sentences(plot)
    if len(sentences) < 2:
        return plot
    del sentences[generator.randrange(len(sentences))]
    return " ".join(sentences)


def _cut_off(plot: str) -> str:
    words = plot.split()
    kept = max(FEWEST_KEPT, round(KEPT_SHARE * len(words)))
    return " ".join(words[:kept]) if kept < len(words) else plot
