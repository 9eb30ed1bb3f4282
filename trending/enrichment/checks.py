"""What must be true of an answer before it is believed.

A fault says which rule was broken, and never repeats the answer: details are told to the model and shown to
people, and what an answer holds may be what a stranger wrote into a review.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

from trending.catalog.language import ENGLISH, detect_language
from trending.catalog.sentences import split_sentences
from trending.catalog.text import words_of
from trending.enrichment.answers import Answer
from trending.enrichment.evidence import MAX_WORD_CHARS, Evidence
from trending.enrichment.offensive import is_offensive
from trending.enrichment.schema import Fault
from trending.enrichment.support import Ground
from trending.settings import EnrichmentSettings

LEAK_WORDS = 4
"""So many words in a row of a prompt, which no review has, are a leak."""
PARROTED_SHARE = 0.6
"""Share of telling words that come from the prompt and not from the reviews, from which a summary is an echo."""
_MARKUP = re.compile(r"[<>{}\[\]`\\|]|https?:|www\.|&\w+;|javascript:|\b\w+\(['\")]|##|\*\*", re.IGNORECASE)
_ABOUT_ITSELF = re.compile(
    r"\b(?:vibe[_ ]?(?:score|tags?)|json|system prompt|my instructions|as an ai|language model|sure, here"
    r"|i (?:cannot|can't) (?:help|assist|comply)|the (?:quoted|given|provided) (?:text|material|reviews?)"
    r"|here is (?:the|your)|assistant|fill (?:the|these|this) fields?)\b",
    re.IGNORECASE,
)
_SMALL_WORDS = """
    a about all also an and any are as at be been but by can do does for from had has have he her
    him his how i if in is it its just like many more most much no not of on one only or other out
    people said she so some such than that the their them then there these they this those to too
    two up very viewers was way we were what when which who will with would you your film movie
    series show story plot watch review reviews reviewers
"""


def summary_faults(
    answer: Answer, ground: Ground, wording: str, settings: EnrichmentSettings, *, attempt: int
) -> list[Fault]:
    """Why this summary is not believed; empty where it is. `wording`: the prompt's own text."""
    summary = answer.summary
    found = cheap_faults(summary, ground.evidence, wording, attempt=attempt)
    words = len(summary.split())
    if not settings.min_summary_words <= words <= settings.max_summary_words:
        low, high = settings.min_summary_words, settings.max_summary_words
        found.append(
            _fault("length", f"the summary has {words} words; {low} to {high} are asked for", attempt)
        )
    if not found and (language := _foreign(summary, ground.evidence)):
        found.append(_fault("language", f"the summary is in another language ({language})", attempt))
    if not found:
        found += _unsupported(summary, ground, settings.support, attempt)
    return found


def cheap_faults(text: str, evidence: Evidence, wording: str, *, attempt: int) -> list[Fault]:
    """Those of a text that need no model, and are looked for while it is still arriving."""
    found = []
    if _MARKUP.search(text) or any(len(word) > MAX_WORD_CHARS for word in text.split()):
        found.append(_fault("markup", "the summary is not plain sentences", attempt))
    if leaks(text, evidence, wording):
        found.append(_fault("leak", "the summary repeats the question", attempt))
    elif _echoes(text, evidence, wording):
        found.append(_fault("parrot", "the summary speaks of the task and not of the reviews", attempt))
    if is_offensive(text):
        found.append(_fault("offensive", "the summary holds an offensive word", attempt))
    if _repeats(text):
        found.append(_fault("repeats", "the summary says the same thing twice", attempt))
    return found


def leaks(text: str, evidence: Evidence, wording: str) -> bool:
    """The text repeats a run of the prompt's words that is not in the reviews or the plot."""
    said = _runs(text) & _runs(wording)
    return bool(said) and bool(said - _runs(" . ".join([*evidence.reviews, evidence.plot, evidence.title])))


def score_fault(score: int | None, *, attempt: int) -> Fault | None:
    """A score that is not on the scale."""
    if score is None or 1 <= score <= 10:
        return None
    return Fault("score", "range", "the score is not from 1 to 10", attempt)


def _fault(kind: str, detail: str, attempt: int) -> Fault:
    return Fault("summary", kind, detail, attempt)


def _runs(text: str) -> set[tuple[str, ...]]:
    words = words_of(text).split()
    return set(zip(*(words[start:] for start in range(LEAK_WORDS)), strict=False))


def _echoes(text: str, evidence: Evidence, wording: str) -> bool:
    if _ABOUT_ITSELF.search(text):
        return True
    told = _telling(text)
    ours = _telling(wording) - _telling(" ".join([*evidence.reviews, evidence.plot, evidence.title]))
    return len(told) >= 3 and len(told & ours) >= PARROTED_SHARE * len(told)


def _telling(text: str) -> set[str]:
    return set(words_of(text).split()) - set(_SMALL_WORDS.split())


def _repeats(text: str) -> bool:
    """A sentence stands twice, or a small model is caught in a loop."""
    sentences = [words_of(sentence) for sentence in split_sentences(text)]
    return _most(sentences) > 1 or _most(_runs_in_order(text)) > 2


def _runs_in_order(text: str) -> Iterable[tuple[str, ...]]:
    words = words_of(text).split()
    return zip(*(words[start:] for start in range(LEAK_WORDS)), strict=False)


def _most(things: Iterable[object]) -> int:
    return max(Counter(things).values(), default=0)


def _foreign(summary: str, evidence: Evidence) -> str:
    """The summary's language, if it is neither English nor that of most reviews."""
    language = detect_language([summary])[0]
    if language == ENGLISH:
        return ""
    theirs = Counter(detect_language(evidence.reviews)).most_common(1)
    return "" if theirs and theirs[0][0] == language else language


def _unsupported(summary: str, ground: Ground, least: float, attempt: int) -> list[Fault]:
    sentences = split_sentences(summary)
    found = []
    for place, support in enumerate(ground.support(sentences), start=1):
        if support < least:
            detail = f"sentence {place} of {len(sentences)} is like nothing in the reviews"
            found.append(_fault("unsupported", f"{detail} ({support:.2f}, needs {least:.2f})", attempt))
    return found
