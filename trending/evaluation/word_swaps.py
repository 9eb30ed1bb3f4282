"""Words of a plot replaced by others: synonyms, names of another gender or origin, she for he."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from random import Random
from typing import Any

import yaml

SYNONYM_SHARE = 0.5
"""Of the words that have a synonym; one at least."""

_WORD = re.compile(r"(?<![\w\[])[^\W\d_][\w-]*(?!\w|\])")
_AFTER_ARTICLE = re.compile(rf"(?:(?<!\w)(?P<article>[Aa])n? )?(?P<word>{_WORD.pattern})")
_VOWEL_SOUND = re.compile(r"(?!uni|use|usu|eu|one\b|once\b)[aeiou]|hour|honest|heir|honou?r", re.IGNORECASE)


@dataclass(frozen=True)
class _Name:
    origin: str
    gender: str | None
    """None for a surname."""


def swap_synonyms(plot: str, generator: Random) -> str:
    """Half of the words that have a synonym replaced by one. Capitals stay as they are: they may be names."""
    synonyms: Mapping[str, list[str]] = word_lists()["synonyms"]
    places = [
        match.start()
        for match in _WORD.finditer(plot)
        if match.group() in synonyms and plot[match.end() : match.end() + 1] not in ("'", "’")
    ]
    chosen = set(generator.sample(places, max(1, round(SYNONYM_SHARE * len(places))))) if places else set()

    def replaced(match: re.Match[str]) -> str:
        if match.start("word") not in chosen:
            return match.group()
        synonym = generator.choice(synonyms[match["word"]])
        if not match["article"]:
            return synonym
        return f"{match['article']}{'n' if _VOWEL_SOUND.match(synonym) else ''} {synonym}"

    return _AFTER_ARTICLE.sub(replaced, plot)


def swap_genders(plot: str, generator: Random) -> str:
    """Every known first name by one of the other gender and the same origin, and she for he throughout."""

    def other(name: _Name) -> list[str] | None:
        return word_lists()["origins"][name.origin][_other_gender(name.gender)] if name.gender else None

    return _swap_gendered_words(_swap_names(plot, generator, other))


def swap_origins(plot: str, generator: Random) -> str:
    """Every known name by one of another origin, the same for the whole plot; first names keep their gender."""
    origins: Mapping[str, Mapping[str, list[str]]] = word_lists()["origins"]
    present = {_names()[word].origin for word in _found_names(plot)}
    target = generator.choice([origin for origin in origins if origin not in present])

    def other(name: _Name) -> list[str]:
        return origins[target][name.gender or "surnames"]

    return _swap_names(plot, generator, other)


@cache
def word_lists() -> Mapping[str, Any]:
    """`perturbations.yaml`, as it is."""
    text = resources.files("trending.evaluation").joinpath("perturbations.yaml").read_text(encoding="utf-8")
    return yaml.safe_load(text)


def _swap_names(plot: str, generator: Random, other: Callable[[_Name], list[str] | None]) -> str:
    """The same name becomes the same other name wherever it stands; two names never become one."""
    replaced: dict[str, str] = {}
    for word in _found_names(plot):
        choices = [name for name in other(_names()[word]) or [] if name not in replaced.values()]
        if choices:
            replaced[word] = generator.choice(choices)
    return _WORD.sub(lambda match: replaced.get(match.group(), match.group()), plot)


def _found_names(plot: str) -> list[str]:
    """Known names in order of first appearance."""
    return list(dict.fromkeys(word for word in _WORD.findall(plot) if word in _names()))


def _swap_gendered_words(plot: str) -> str:
    pairs = _gendered()

    def swapped(match: re.Match[str]) -> str:
        word = match.group()
        low = word.lower()
        other = _his_or_him(plot[match.end() :]) if low == "her" else pairs.get(low, low)
        return _cased_as(word, other) if other != low else word

    return _WORD.sub(swapped, plot)


def _his_or_him(rest: str) -> str:
    """What "her" is for a man, by what stands after it."""
    following = re.match(r" ([\w-]+)", rest)
    return "him" if following is None or following[1].lower() in word_lists()["after_object"] else "his"


def _cased_as(word: str, other: str) -> str:
    if word.isupper() and len(word) > 1:
        return other.upper()
    return other[0].upper() + other[1:] if word[0].isupper() else other


def _other_gender(gender: str | None) -> str:
    return "male" if gender == "female" else "female"


@cache
def _names() -> dict[str, _Name]:
    names: dict[str, _Name] = {}
    for origin, lists in word_lists()["origins"].items():
        for kind, words in lists.items():
            gender = None if kind == "surnames" else kind
            names |= {word: _Name(origin, gender) for word in words if word not in names}
    return names


@cache
def _gendered() -> dict[str, str]:
    pairs: dict[str, str] = {}
    for female, male in word_lists()["gendered"]:
        pairs.setdefault(female, male)
        pairs.setdefault(male, female)
    return pairs | {"his": "her", "him": "her"}
