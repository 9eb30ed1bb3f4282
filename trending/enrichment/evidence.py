"""What may be said about a title, made of untrusted text: cleaned, without orders to a model, in sentences."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from trending.catalog.sentences import split_sentences
from trending.catalog.text import clean_plot, clean_review
from trending.enrichment.schema import EnrichmentInput
from trending.settings import EnrichmentSettings

MAX_SENTENCES = 120
"""Sentences of reviews that are compared with a summary: each costs a pass of the encoder."""
MAX_WORD_CHARS = 40
"""A longer word is no word: an encoded text, a key, a run of one letter."""

_CHAT_TOKENS = re.compile(
    r"<\|[^<>]{0,40}\|>|</?s>|\[/?INST\]|<</?SYS>>|</?(?:start|end)_of_turn>", re.IGNORECASE
)
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\U000e0000-\U000e007f]")
_LONG_WORD = re.compile(rf"\S{{{MAX_WORD_CHARS + 1},}}")
# Sentences that speak to a model instead of about a film. They are cut; whoever writes around this list meets
# the checks of the answer.
_ORDER = re.compile(
    r"""<script | \b(?: (?:ignore|disregard|forget|override|bypass) \b .{0,40}
      \b (?:instruction|prompt|rule|above|previous|prior|earlier|everything|guideline|schema)
    | (?:system|developer|initial|hidden|secret) \s+ (?:prompt|instruction)s? | system \s+ messages?
    | your \s+ (?:prompt|instructions|guidelines|context\s+window) | the \s+ (?:prompt|above\s+instructions)
    | prompt \s+ injection | jailbreak | language \s+ model | as \s+ an \s+ ai \b
    | you \s+ are \s+ (?:no\s+longer|(?:now\s+)?an?\s+(?:ai|assistant|bot|chatbot|pirate|hacker)|chatgpt|dan)\b
    | (?:new|updated|real|following) \s+ instructions? | \b instructions? \s* :
    | (?:respond|reply|answer) \s+ with
    | (?:respond|reply|answer|output|print|return|repeat|write|translate) \s+ (?:only|exactly|verbatim
      |in\s+(?:json|html|french|german|spanish|base64|all\s+caps)|the\s+(?:following|words?\s+above|text\s+above)
      |everything|nothing\s+(?:but|else))
    | (?:set|give|make|put|score|rate) \b .{0,30} \b (?:vibe|score|rating) s? \b .{0,20} (?:\b(?:10|ten|1|one)\b)
    | vibe_(?:score|tags?) | base64 | javascript: | im_start | im_end | decode \s+ (?:this|and)
    | (?:assistant|system|user|developer) \s* : )""",
    re.IGNORECASE | re.VERBOSE,
)


@dataclass(frozen=True)
class Evidence:
    """A title's texts, clean. `sentences` and `owners` run parallel."""

    title: str
    plot: str
    """Cut at `plot_chars`."""
    reviews: tuple[str, ...]
    """Those that are read, each cut at `review_chars`."""
    opinions: tuple[str, ...]
    """All reviews, whole: what the sentiment is taken of."""
    sentences: tuple[str, ...]
    """The sentences of `reviews`."""
    owners: tuple[int, ...]
    """Which review each sentence is of."""
    plot_sentences: tuple[str, ...]


def gather(title: EnrichmentInput, settings: EnrichmentSettings) -> Evidence:
    """The evidence of a title. A review that is nothing but an order to a model leaves none."""
    opinions = [kept for review in title.reviews if (kept := sentences_of(clean_review(review)[0]))]
    chosen = sorted(opinions, key=lambda sentences: -len(_distinct(sentences)))[: settings.max_reviews]
    read = [part for sentences in chosen if (part := fitting(sentences, settings.review_chars))]
    pairs = [(owner, s) for owner, part in enumerate(read) for s in part][:MAX_SENTENCES]
    plot = fitting(sentences_of(clean_plot(title.plot)), settings.plot_chars)
    return Evidence(
        title=" ".join(sentences_of(clean_plot(title.title)))[:200],
        plot=" ".join(plot),
        reviews=tuple(" ".join(part) for part in read),
        opinions=tuple(" ".join(sentences) for sentences in opinions),
        sentences=tuple(sentence for _, sentence in pairs),
        owners=tuple(owner for owner, _ in pairs),
        plot_sentences=tuple(plot),
    )


def sentences_of(text: str) -> list[str]:
    """The sentences of an untrusted text, without control characters, chat tokens and orders to a model."""
    text = _LONG_WORD.sub(" ", _CHAT_TOKENS.sub(" ", _CONTROL.sub(" ", text)))
    return [s for s in split_sentences(text) if not _ORDER.search(s) and any(c.isalpha() for c in s)]


def fitting(sentences: Sequence[str], chars: int) -> list[str]:
    """The first sentences that fit; one that is longer than all of it is cut at a word."""
    kept: list[str] = []
    left = chars
    for sentence in sentences:
        if len(sentence) > left:
            return kept or [sentence[:chars].rsplit(" ", 1)[0]]
        kept.append(sentence)
        left -= len(sentence) + 1
    return kept


def _distinct(sentences: Sequence[str]) -> set[str]:
    return {word for sentence in sentences for word in sentence.lower().split()}
