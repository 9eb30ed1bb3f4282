"""Which language a plot or a review is written in."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lingua import LanguageDetector

ENGLISH = "en"
MIN_WORDS = 6
"""Fewer words than this, names not counted, are called English: they would fool every detector."""
MIN_CONFIDENCE = 0.4
"""Another language must be at least this likely among all, and English at most `MAX_ENGLISH`."""
MAX_ENGLISH = 0.05

# Catalan, Malay and the like are left out: they are rare here, and mistaken for their larger neighbours.
_LANGUAGES = """
    en ar bn zh cs da nl fi fr de el gu he hi hu id it ja ko mr nb fa pl pt pa ro ru es sv ta te th tr uk ur vi
"""
# Two of these words, or one in a short text, settle it without the detector, which costs a hundred times as
# much. None is common in another language, but for the Dutch "of".
_ENGLISH_ONLY = """
    the of and with their from that who when this they them which what where she before through between about
    into while after must will your our been his its himself herself how only out become becomes finds takes
    find young life family friends world story woman years there upon one two new using help helps returns
    against each other these those being both could would should follows series it's don't i'm isn't doesn't
"""
# These support them.
_ENGLISH_TOO = """
    a an as at be best but by for had has have he her him if in is it just less love man more much not on or
    own so some such than to up was were you
"""
_SHORT_WORDS = 20


def detect_language(texts: Sequence[str]) -> list[str]:
    """ISO 639-1 codes, one a text: English unless the text is confidently something else."""
    only = frozenset(_ENGLISH_ONLY.split())
    too = only.union(_ENGLISH_TOO.split())
    return [ENGLISH if _plainly_english(text, only, too) else _detected(text) for text in texts]


def _plainly_english(text: str, only: frozenset[str], too: frozenset[str]) -> bool:
    words = set(text.lower().split())
    found = words & only
    if len(found) >= 2 and len(found) * 12 >= len(words):
        return True
    common = len(words & too)
    if len(words) > _SHORT_WORDS:
        return bool(found) and common * 4 >= len(words)
    if common >= 3 and common * 3 >= len(words):
        return True
    return bool(found) and (found != {"of"} or "a" in words)


def _detected(text: str) -> str:
    if any(letter.islower() for letter in text):  # a script with two cases: leave out the names
        words = [word for word in text.split() if word[0].islower()]
        if len(words) < MIN_WORDS:
            return ENGLISH
        text = " ".join(words)
    ranking = {
        value.language.iso_code_639_1.name.lower(): value.value
        for value in _detector().compute_language_confidence_values(text)
    }
    best = max(ranking, key=ranking.__getitem__)
    confident = ranking[best] >= MIN_CONFIDENCE and ranking[ENGLISH] <= MAX_ENGLISH
    return best if confident else ENGLISH


@cache
def _detector() -> LanguageDetector:
    """One a process. The trigram models alone do as well where confidence is asked for, and need 0.3 s and
    30 MiB in every worker instead of 7 s and 500 MiB."""
    from lingua import IsoCode639_1, LanguageDetectorBuilder

    codes = [IsoCode639_1.from_str(code) for code in _LANGUAGES.split()]
    return LanguageDetectorBuilder.from_iso_codes_639_1(*codes).with_low_accuracy_mode().build()
