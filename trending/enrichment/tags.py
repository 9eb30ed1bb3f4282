"""Vibe tags: an open vocabulary, brought to one form; and keyphrases where the language model gives none."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cache, lru_cache

import numpy as np

from trending.catalog.language import ENGLISH, detect_language
from trending.catalog.taxonomy import load_taxonomy
from trending.catalog.text import words_of
from trending.enrichment.answers import MAX_TAG_CHARS
from trending.enrichment.checks import leaks
from trending.enrichment.offensive import is_insult
from trending.enrichment.schema import Fault
from trending.enrichment.support import Encoder, Ground, Vectors, nearest
from trending.settings import EnrichmentSettings

MAX_WORDS = 3
MAX_CANDIDATES = 160
"""Keyphrases that are embedded, most frequent first."""
TOO_LIKE = 0.75
TELLING, FEWEST = 0.7, 2
"""Nearness to text and moods together from which a keyphrase is worth showing; so many are shown anyway."""
_TAG = re.compile(r"[a-z][a-z' -]*[a-z]")
# Words that fit every title, and words of the task.
_EMPTY = """
    act acted acting actor actors actress amazing awesome awful bad best better cast character
    characters cinema director episode episodes excellent fantastic film films fine genre good great
    interesting json mood movie movies nice ok okay perfect performance performances phrase phrases plot
    poor rating review reviewer reviewers reviews role roles scene scenes score season seasons series
    show shows star stars story style summary tag tags terrible theme time title tv vibe viewer viewers
    watch watching word words worst year years people thing things way lot film-making filmmaking script
    really very much impactful memorable unforgettable engaging entertaining captivating compelling
    enjoyable must-see iconic masterpiece cinematic powerful brilliant fun positive negative like liked
    love loved hate hated dislike disliked recommended worthwhile classic overrated underrated
"""
# Frequent in stories and reviews, and no keyphrase by themselves.
_PLAIN = """
    able afford aged almost always arrive arrives beginning boss boy brother child children comes cut cuts daughter day
    ending explained eye eyes father feel felt finds girl goes gone guess half happen happens having help home hour
    hours house kind lasted left life lift live lives long look looked looking loses lost make makes making man men
    minute minutes mother moves near needed new night old parents pair pairs place plays quite second seen sentence
    shown sister solution son spent stare stayed stop suppose surely takes talking tells town turn turns understand
    wait wake wears wife woman women works worse young yelling run running telly film's little far hot
"""
# What sets a mood, as anchors for keyphrases: not a vocabulary, only a direction of the embedding.
_MOODS = """
    dark, bleak, tense, eerie, unsettling, violent, gritty, cynical, sad, heartbreaking, bittersweet, nostalgic, warm,
    heartwarming, tender, hopeful, uplifting, inspiring, funny, witty, absurd, playful, silly, charming, romantic,
    passionate, dreamy, surreal, mysterious, slow burn, fast paced, thrilling, epic, lavish, stylish, quirky,
    thoughtful, provocative, political, haunting, melancholy, chaotic, lonely, rebellious, suspenseful, cozy
"""


def believed_tags(
    tags: Sequence[str], ground: Ground, wording: str, settings: EnrichmentSettings, *, attempt: int
) -> tuple[tuple[str, ...], list[Fault]]:
    """The model's tags in their one form, those that can be believed, and why others were not."""
    if not tags:
        return (), [_fault("length", "there are no tags", attempt)]
    if leaks(" ".join(tags), ground.evidence, wording):
        return (), [_fault("leak", "the tags repeat the question", attempt)]
    forms = merged([form for tag in tags if (form := normal_form(tag))])
    forms = [form for form in forms if not _of_the_task(form, ground, wording)]
    if forms and detect_language([", ".join(forms)])[0] != ENGLISH:
        return (), [_fault("language", "the tags are not in English", attempt)]
    faults = []
    if len(forms) < len(tags):
        detail = (
            f"{len(tags) - len(forms)} of {len(tags)} tags say nothing, are genres, insults or repetitions"
        )
        faults.append(_fault("form", detail, attempt))
    related = nearest(ground.encoder.encode(forms), ground.everything)
    kept = [
        form
        for form, near in zip(forms, related, strict=True)
        if near >= settings.tag_support or _stands_in(form, ground)
    ]
    if len(kept) < len(forms):
        detail = f"{len(forms) - len(kept)} of {len(tags)} tags are not related to plot or reviews"
        faults.append(_fault("unsupported", detail, attempt))
    return tuple(kept[: settings.max_tags]), faults


def keyphrases(ground: Ground, settings: EnrichmentSettings) -> tuple[str, ...]:
    """Tags out of reviews and plot: words in a row that come often, are near to all of it, and set a mood."""
    evidence = ground.evidence
    counts = _candidates([*evidence.sentences, *evidence.plot_sentences])
    phrases = merged([phrase for phrase, _ in counts.most_common(MAX_CANDIDATES)])
    if not phrases:
        return ()
    vectors = ground.encoder.encode(phrases)
    centre = ground.everything.mean(axis=0)
    centre = centre / max(float(np.linalg.norm(centre)), 1e-9)
    mood = (vectors @ _mood_vectors(ground.encoder).T).max(axis=1)
    often = np.array([1 + math.log(counts[phrase]) for phrase in phrases])
    telling = vectors @ centre + mood
    order = np.argsort(-often * telling, kind="stable")
    good = [i for i in order if telling[i] >= TELLING] or order[:FEWEST]
    return tuple(phrases[i] for i in _diverse(vectors, good, settings.max_tags))


def normal_form(tag: str) -> str:
    """A tag in lower case, one to three words, plain letters; empty where it cannot be a tag.

    What fits every title, names a genre or insults somebody is none.
    """
    text = " ".join(re.sub(r"[_/]+", " ", tag).strip(" #\"'.,;:!?-").lower().split())
    text = text.replace("’", "'")
    words = text.replace("-", " ").split()
    if not _TAG.fullmatch(text) or not 1 <= len(words) <= MAX_WORDS or len(text) > MAX_TAG_CHARS:
        return ""
    if is_insult(text) or names_genre(text) or set(words) <= _empty_words() | _stop_words():
        return ""
    return text


def names_genre(text: str) -> bool:
    """The tag is a genre's name, in any number: those have a place of their own."""
    return _key(text.replace("-", " ")) in _genre_keys()


def merged(tags: Iterable[str]) -> list[str]:
    """Tags without those that differ from an earlier one only in number, hyphen or order of words."""
    seen: dict[str, str] = {}
    for tag in tags:
        seen.setdefault(" ".join(sorted(_key(tag).split())), tag)
    return list(seen.values())


def _of_the_task(tag: str, ground: Ground, wording: str) -> bool:
    """All its words are the prompt's, and plot and reviews do not hold them: an echo."""
    return set(words_of(tag).split()) <= set(words_of(wording).split()) and not _stands_in(tag, ground)


def _stands_in(tag: str, ground: Ground) -> bool:
    texts = [*ground.evidence.reviews, ground.evidence.plot]
    return set(words_of(tag).split()) <= set(words_of(" ".join(texts)).split())


def _candidates(sentences: Sequence[str]) -> Counter[str]:
    found: Counter[str] = Counter()
    for sentence in sentences:
        for clause in re.split(r"[^\w\s'’-]+", sentence):
            # A name breaks a phrase; it is no vibe. So does, without harm, the first word of a sentence.
            words = [
                "" if word[:1].isupper() else word.strip("'-") for word in clause.replace("’", "'").split()
            ]
            for size in range(1, MAX_WORDS + 1):
                starts = range(len(words) - size + 1)
                found.update(phrase for i in starts if (phrase := _phrase(words[i : i + size])))
    return found


def _phrase(words: Sequence[str]) -> str:
    """A candidate: nothing empty at its ends, no small word within."""
    dull = _stop_words() | _empty_words() | _plain_words()
    if any(word in dull or len(word) < 4 or "'" in word for word in words):
        return ""
    return normal_form(" ".join(words)) if words else ""


def _diverse(vectors: Vectors, order: Iterable[int], most: int) -> list[int]:
    chosen: list[int] = []
    for i in map(int, order):
        if len(chosen) < most and all(float(vectors[i] @ vectors[j]) < TOO_LIKE for j in chosen):
            chosen.append(i)
    return chosen


def _key(text: str) -> str:
    """Words without the endings of the plural."""
    return " ".join(_singular(word) for word in text.lower().replace("-", " ").replace("'", "").split())


def _singular(word: str) -> str:
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 4 and word.endswith(("sses", "shes", "ches", "xes")):
        return word[:-2]
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


def _fault(kind: str, detail: str, attempt: int) -> Fault:
    return Fault("tags", kind, detail, attempt)


@cache
def _genre_keys() -> frozenset[str]:
    taxonomy = load_taxonomy()
    names = [part for genre in taxonomy.genres for part in [genre, *re.split(r"\s*&\s*", genre)]]
    plain = [name.lower().replace("&", " ") for name in names]
    more = "sci-fi|romantic comedy|rom-com|crime|mystery|action|adventure|animated|musical|comedic|dramatic"
    whole = [*plain, *(f"{name} {kind}" for name in plain for kind in ("film", "movie", "series", "show"))]
    return frozenset(_key(name) for name in [*whole, *more.split("|"), "scifi", "rom com"])


@cache
def _empty_words() -> frozenset[str]:
    return frozenset(_EMPTY.split())


@cache
def _plain_words() -> frozenset[str]:
    return frozenset(_PLAIN.split())


@cache
def _stop_words() -> frozenset[str]:
    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

    return frozenset(ENGLISH_STOP_WORDS)


@lru_cache(maxsize=2)
def _mood_vectors(encoder: Encoder) -> Vectors:
    return encoder.encode([mood.strip() for mood in _MOODS.replace("\n", " ").split(",")])
