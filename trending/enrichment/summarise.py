"""Asking the language model about a title: once, and again with what was wrong."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass, replace

from trending.catalog.sentences import split_sentences
from trending.enrichment.answers import Answer, answer_schema, draft_of, parse_answer
from trending.enrichment.checks import LEAK_WORDS, cheap_faults, score_fault, summary_faults
from trending.enrichment.evidence import Evidence, fitting
from trending.enrichment.failures import Part, fault_of
from trending.enrichment.prompts import Prompt, enclosed, load_prompt
from trending.enrichment.schema import Fault
from trending.enrichment.support import Ground
from trending.enrichment.tags import believed_tags
from trending.errors import LLMError, PromptError
from trending.llm.protocol import GenerateRequest, LLMEngine, Message
from trending.settings import EnrichmentSettings

Draft = Callable[[str], None]
"""Told the summary as it grows, each time the whole of it so far."""
Note = Callable[[Fault], None]

CHARS_PER_TOKEN = 3.0
"""Fewer than in most texts, so that a prompt fits by its characters."""
RESERVED_TOKENS = 450
"""Of the prompt, for our own wording and the answer's note."""
FEWEST_CHARS = 60
TEMPERATURE_AGAIN = 0.7
"""Of a second try: at 0 a model would say the same."""
_SHORTENINGS = 3


@dataclass(frozen=True)
class Told:
    """What is believed of the model's answers; empty where nothing is."""

    summary: str = ""
    score: int | None = None
    tags: tuple[str, ...] = ()
    faults: tuple[Fault, ...] = ()
    prompt_hashes: tuple[tuple[str, str], ...] = ()
    attempt: int = 1
    """Which answer the summary and the score are of."""


async def ask_about(
    ground: Ground,
    engine: LLMEngine,
    settings: EnrichmentSettings,
    *,
    draft: Draft | None = None,
    note: Note | None = None,
) -> Told:
    """Ask for summary, score and tags (without reviews: for tags), check the answer, ask again where it must be.

    A summary that is not believed is asked for again, `retries` times, with the faults told. Tags stand on their
    own: the first answer with one that is believed gives them. The score counts only with its summary. Whatever
    the engine raises becomes a fault.
    """
    reviewed = bool(ground.evidence.reviews)
    asked = _Question(ground.evidence, reviewed, settings, engine.card.max_prompt_tokens)
    told = Told()
    for attempt in range(1, settings.retries + 2):
        try:
            text = await _answer(asked, engine, attempt, draft)
        except Exception as error:  # noqa: BLE001 (whatever fails in a remote model, the answer stands lower)
            told = _with(told, [fault_of(error, _main_part(reviewed), attempt=attempt)], note)
            break
        told, new = await asyncio.to_thread(_believe, told, text, ground, asked, settings, attempt)
        told = _with(told, new, note)
        if told.summary or (not reviewed and told.tags):
            break
        asked.faults = tuple(new)
    return replace(told, prompt_hashes=tuple((used.name, used.hash) for used in asked.used))


class _Question:
    """A prompt with its texts, which can be shortened, and with the faults of the answer before."""

    def __init__(
        self, evidence: Evidence, reviewed: bool, settings: EnrichmentSettings, max_tokens: int
    ) -> None:
        self.evidence, self.settings, self.reviewed = evidence, settings, reviewed
        self.prompt: Prompt = load_prompt("reviews" if reviewed else "plot")
        self.chars = max(int((max_tokens - RESERVED_TOKENS) * CHARS_PER_TOKEN), 4 * FEWEST_CHARS)
        self.faults: tuple[Fault, ...] = ()
        self.used: list[Prompt] = [self.prompt]

    @property
    def wording(self) -> str:
        return f"{self.prompt.wording}\n{load_prompt('again').wording}"

    def messages(self) -> tuple[Message, ...]:
        note = ""
        if self.faults:
            again = load_prompt("again")
            self.used = [self.prompt, again]
            details = "; ".join(dict.fromkeys(fault.detail for fault in self.faults))
            note = again.render(faults=f"{details}.")[1].content
        plot, reviews = self._texts()
        values = {
            "title": enclosed("title", self.evidence.title),
            "plot": enclosed("plot", plot),
            "max_tags": str(self.settings.max_tags),
            "note": note,
        }
        if self.reviewed:
            values["reviews"] = "\n".join(enclosed("review", review) for review in reviews)
        return self.prompt.render(**values)

    def _texts(self) -> tuple[str, list[str]]:
        """Plot and reviews in `chars`: a quarter for the plot, the rest shared by the reviews."""
        plot = " ".join(fitting(self.evidence.plot_sentences, self.chars // (4 if self.reviewed else 1)))
        left = self.chars - len(plot)
        most = max(left // FEWEST_CHARS, 1)
        reviews = self.evidence.reviews[:most]
        shares = [
            " ".join(fitting(split_sentences(r), max(left // len(reviews), FEWEST_CHARS))) for r in reviews
        ]
        return plot, shares


async def _answer(asked: _Question, engine: LLMEngine, attempt: int, draft: Draft | None) -> str:
    """The text of one answer. A prompt that is too long is shortened, a few times."""
    for _ in range(_SHORTENINGS):
        try:
            return await _generated(asked, engine, attempt, draft)
        except PromptError:
            asked.chars //= 2
    return await _generated(asked, engine, attempt, draft)


async def _generated(asked: _Question, engine: LLMEngine, attempt: int, draft: Draft | None) -> str:
    settings = asked.settings
    request = GenerateRequest(
        asked.messages(),
        max_tokens=(2 * settings.max_summary_words if asked.reviewed else 0) + 12 * settings.max_tags + 30,
        temperature=0.0 if attempt == 1 else TEMPERATURE_AGAIN,
        seed=attempt,
        json_schema=answer_schema(settings, reviewed=asked.reviewed),
    )
    if draft is None or not asked.reviewed:
        return (await engine.generate(request)).text
    text, shown = "", ""
    async with aclosing(engine.stream(request)) as pieces:
        async for piece in pieces:
            text += piece.text
            showable = _showable(text, asked)
            if showable and showable != shown:
                shown = showable
                draft(shown)
    return text


def _showable(text: str, asked: _Question) -> str:
    """The draft as far as it may be seen. The last words wait, so that no leak is seen that they complete."""
    summary, whole = draft_of(text)
    if cheap_faults(summary, asked.evidence, asked.wording, attempt=1):
        return ""
    return summary if whole else " ".join(summary.split()[:-LEAK_WORDS])


def _believe(
    told: Told, text: str, ground: Ground, asked: _Question, settings: EnrichmentSettings, attempt: int
) -> tuple[Told, list[Fault]]:
    """What this answer adds to what is believed, and its faults."""
    try:
        answer = parse_answer(text, reviewed=asked.reviewed)
    except LLMError as error:
        return told, [Fault(_main_part(asked.reviewed), "parse", str(error), attempt)]
    faults: list[Fault] = []
    if asked.reviewed:
        faults = summary_faults(answer, ground, asked.wording, settings, attempt=attempt)
        if not faults:
            score = _on_scale(answer, faults, attempt)
            told = replace(told, summary=answer.summary, score=score, attempt=attempt)
    if not told.tags:
        tags, wrong = believed_tags(answer.vibe_tags, ground, asked.wording, settings, attempt=attempt)
        told, faults = replace(told, tags=tags), faults + wrong
    return told, faults


def _on_scale(answer: Answer, faults: list[Fault], attempt: int) -> int | None:
    wrong = score_fault(answer.vibe_score, attempt=attempt)
    faults.extend([wrong] if wrong else [])
    return None if wrong else answer.vibe_score


def _with(told: Told, faults: list[Fault], note: Note | None) -> Told:
    if note:
        for fault in faults:
            note(fault)
    return replace(told, faults=(*told.faults, *faults))


def _main_part(reviewed: bool) -> Part:
    return "summary" if reviewed else "tags"
