"""Words that set one group of texts apart from all of them."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
_MASK = re.compile(r"\[\w+\]")
_FUNCTION_WORDS = """
    about after again all also and any are because been before being both but can come comes could did
    does down each even ever every for from get gets goes had has have how including into its just like
    made make makes many may more most much must not now off one only onto other out over own same set
    several should since some still such take takes than that the their them then there these they this
    those through too two until upon very was way were what when where which while who whom whose why
    will with within without would yet you your
"""
"""Words that hold a sentence together and say nothing of its subject; pronouns stay, they can tell genres."""


@dataclass(frozen=True)
class Word:
    """A word of a group."""

    text: str
    score: float
    """Standard deviations by which it is more common in the group than outside it."""
    texts: int
    """Texts of the group that hold it."""


def distinctive_words(
    texts: Sequence[str], groups: Sequence[Iterable[str]], *, top: int = 10, min_texts: int = 3
) -> dict[str, list[Word]]:
    """The `top` words of each group by weighted log-odds with an informative Dirichlet prior.

    `groups[i]` are the groups that text `i` belongs to. A word counts once a text, so that one text cannot
    carry a group; words in fewer than `min_texts` texts of the group are left out. The prior is the share of
    the word in all texts, as strong as a hundredth of them (Monroe, Colaresi and Quinn 2008, "Fightin'
    Words", equations 16 to 22).
    """
    everywhere: Counter[str] = Counter()
    inside: dict[str, Counter[str]] = {}
    for text, names in zip(texts, groups, strict=True):
        words = _words(text)
        everywhere.update(words)
        for name in names:
            inside.setdefault(name, Counter()).update(words)
    return {name: _top(counts, everywhere, top, min_texts) for name, counts in sorted(inside.items())}


def _words(text: str) -> set[str]:
    """Different telling words of three letters or more, lower case, without possessive endings and masks."""
    found = (match.group().casefold() for match in _WORD.finditer(_MASK.sub(" ", text)))
    plain = (re.sub(r"['’]s$", "", word) for word in found)
    return {word for word in plain if len(word) >= 3}.difference(_FUNCTION_WORDS.split())


def _top(inside: Counter[str], everywhere: Counter[str], top: int, min_texts: int) -> list[Word]:
    here, whole = inside.total(), everywhere.total()
    there = whole - here
    if not here or not there:
        return []
    strength = max(whole / 100, 1.0)
    scored = []
    for word, count in inside.items():
        if count < min_texts:
            continue
        outside = everywhere[word] - count
        prior = strength * everywhere[word] / whole
        odds_here = (count + prior) / (here + strength - count - prior)
        odds_there = (outside + prior) / (there + strength - outside - prior)
        spread = math.sqrt(1 / (count + prior) + 1 / (outside + prior))
        scored.append(Word(word, math.log(odds_here / odds_there) / spread, count))
    scored.sort(key=lambda word: (-word.score, word.text))
    return [word for word in scored[:top] if word.score > 0]
