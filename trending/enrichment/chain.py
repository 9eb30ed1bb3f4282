"""The enrichment of one title: genres, summary, vibe score and vibe tags, each from the highest rung that holds."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import numpy.typing as npt

from trending.enrichment.evidence import gather
from trending.enrichment.extractive import extractive_summary
from trending.enrichment.genres import (
    WORDS,
    Classify,
    Examples,
    classified,
    document_of,
    with_second_opinion,
)
from trending.enrichment.metering import MeteredEngine
from trending.enrichment.prompts import load_prompt
from trending.enrichment.schema import Enrichment, EnrichmentInput, Fault, GenreAnswer, SummaryRung, TagRung
from trending.enrichment.score import vibe_score
from trending.enrichment.summarise import Told, ask_about
from trending.enrichment.support import Encoder, Ground, OneAtATime
from trending.enrichment.tags import keyphrases
from trending.errors import TrendingError
from trending.llm.protocol import LLMEngine
from trending.settings import Settings

if TYPE_CHECKING:
    from trending.enrichment.trust import Trust

Event = Mapping[str, Any]
Emit = Callable[[Event], None]
TrustFor = Callable[[str], "Trust | None"]
"""The learnt rule for a version of the classifier."""
GENRES_PROMPT = "genres"


class SentimentModel(Protocol):
    """What tells how positive a review is."""

    def scores(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """For each review the probability that it is positive, `[n]`."""
        ...


class EnrichmentChain:
    """Classifier, language model, sentiment and embeddings composed. One object serves many tasks at once."""

    def __init__(
        self,
        settings: Settings,
        *,
        engine: LLMEngine | None,
        classify: Classify,
        encoder: Encoder,
        sentiment: SentimentModel,
        trust: Trust | TrustFor | None = None,
        examples: Examples | None = None,
        max_reviews: Callable[[], int] | None = None,
    ) -> None:
        """`engine` None: no language model.

        `trust`: the rule for one version of the classifier, or what finds it for any version. None, or of weight 0
        for the version that answered: the language model is not asked for genres.

        `max_reviews`: how many reviews the classifier that answers was trained with; None: as in the settings.
        """
        self.settings = settings
        self._engine, self._classify = engine, classify
        self._encoder, self._sentiment = _one_at_a_time(encoder), sentiment
        self._trust_for = trust if callable(trust) else (lambda version: _rule_for(trust, version))
        self._examples = examples
        self._max_reviews = max_reviews or (lambda: settings.train.document.max_reviews)

    async def enrich(self, title: EnrichmentInput) -> Enrichment:
        """The enrichment. Nothing that a model does or fails to do raises: the answer stands on lower rungs."""
        return await self._run(title, None)

    async def stream(
        self, title: EnrichmentInput, *, finished: Callable[[Enrichment], object] | None = None
    ) -> AsyncGenerator[Event, None]:
        """The events of `EnricherService.stream`. Closing it early stops the models.

        `finished` is called with the enrichment before `done`.

        `draft` carries the whole summary so far. It has passed the checks that need no model, and the last few
        words wait; whether the reviews support it is known only at the end, so `done` may tell another summary.
        """
        events: asyncio.Queue[Event] = asyncio.Queue()
        run = asyncio.create_task(self._run(title, events.put_nowait))
        run.add_done_callback(lambda _: events.put_nowait({"event": "end"}))
        try:
            while (event := await events.get())["event"] != "end":
                yield event
            whole = await run
            if finished:
                finished(whole)
            yield {"event": "done", "enrichment": whole.as_json()}
        finally:
            run.cancel()
            await asyncio.wait([run])

    async def _run(self, title: EnrichmentInput, emit: Emit | None) -> Enrichment:
        started = time.perf_counter()
        ground = Ground(await asyncio.to_thread(gather, title, self.settings.enrichment), self._encoder)
        meter = MeteredEngine(self._engine) if self._engine else None
        stage = _GenresFirst(emit) if emit else None
        async with asyncio.TaskGroup() as tasks:
            genres = tasks.create_task(self._genres(title, meter, stage))
            told = tasks.create_task(self._told(ground, meter, stage))
            feeling = tasks.create_task(self._feeling(ground))
        whole = await self._composed(title, ground, genres.result(), told.result(), feeling.result())
        return replace(whole, seconds=time.perf_counter() - started, **_metered(meter))

    async def _genres(
        self, title: EnrichmentInput, meter: MeteredEngine | None, stage: _GenresFirst | None
    ) -> _Genres:
        document = await asyncio.to_thread(document_of, title, max_reviews=self._max_reviews())
        answer, faults = await classified(document, self._classify)
        if stage:
            stage.genres(answer)
        trust = await asyncio.to_thread(self._trust_for, answer.version) if meter else None
        if not meter or not trust or trust.weight <= 0:
            return _Genres(answer, faults)
        said, more = await with_second_opinion(
            answer, title, engine=meter, trust=trust, examples=self._examples, settings=self.settings
        )
        hashes = {GENRES_PROMPT: load_prompt(GENRES_PROMPT).hash}
        return _Genres(said, faults + more, 0.0 if more else trust.weight, hashes)

    async def _told(self, ground: Ground, meter: MeteredEngine | None, stage: _GenresFirst | None) -> Told:
        evidence = ground.evidence
        if not meter or not (evidence.reviews or evidence.plot):
            return Told()
        limits = self.settings.enrichment
        if not stage:
            return await ask_about(ground, meter, limits)
        return await ask_about(ground, meter, limits, draft=stage.draft, note=stage.note)

    async def _feeling(self, ground: Ground) -> _Feeling:
        opinions = ground.evidence.opinions
        if not opinions:
            return _Feeling()
        try:
            scores = await asyncio.to_thread(self._sentiment.scores, opinions)
        except TrendingError as error:
            return _Feeling((), [Fault("score", "failed", f"no sentiment: {type(error).__name__}")])
        return _Feeling([float(score) for score in scores])

    async def _composed(
        self, title: EnrichmentInput, ground: Ground, genres: _Genres, told: Told, feeling: _Feeling
    ) -> Enrichment:
        distance = self.settings.enrichment.score_distance
        summary, summary_rung = await self._summary(ground, told)
        tags, tag_rung = await self._tags(ground, told)
        score, basis, far = vibe_score(
            feeling.positive, title.ratings, told.score, distance=distance, attempt=told.attempt
        )
        return Enrichment(
            title=title.title,
            title_id=title.title_id,
            genres=genres.answer.genres,
            probabilities=genres.answer.probabilities,
            genre_rung=genres.answer.rung,
            genre_version=genres.answer.version,
            llm_trust=genres.trust,
            summary=summary,
            summary_rung=summary_rung,
            vibe_score=score,
            score_basis=basis,
            vibe_tags=tags,
            tag_rung=tag_rung,
            llm_model="",
            prompt_hashes={**dict(told.prompt_hashes), **genres.prompt_hashes},
            faults=(*genres.faults, *told.faults, *feeling.faults, *([far] if far else [])),
        )

    async def _summary(self, ground: Ground, told: Told) -> tuple[str, SummaryRung]:
        if told.summary:
            return told.summary, "llm"
        if not ground.evidence.reviews:
            return "", "none"
        summary = await asyncio.to_thread(extractive_summary, ground, self.settings.enrichment)
        return summary, "extractive" if summary else "none"

    async def _tags(self, ground: Ground, told: Told) -> tuple[tuple[str, ...], TagRung]:
        if told.tags:
            return told.tags, "llm"
        tags = await asyncio.to_thread(keyphrases, ground, self.settings.enrichment)
        return tags, "keyphrases" if tags else "none"


@dataclass(frozen=True)
class _Genres:
    answer: GenreAnswer
    faults: list[Fault]
    trust: float = 0.0
    prompt_hashes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class _Feeling:
    positive: Sequence[float] = ()
    faults: Sequence[Fault] = ()


def _one_at_a_time(encoder: Encoder) -> OneAtATime:
    return encoder if isinstance(encoder, OneAtATime) else OneAtATime(encoder)


def _rule_for(trust: Trust | None, version: str) -> Trust | None:
    """The rule, if it was learnt with the version that answered; or if no classifier did."""
    return trust if trust and version in (trust.classifier_version, WORDS, "") else None


def _metered(meter: MeteredEngine | None) -> dict[str, Any]:
    if meter is None:
        return {}
    return {
        "llm_model": meter.card.model if meter.answered else "",
        "prompt_tokens": meter.prompt_tokens,
        "completion_tokens": meter.completion_tokens,
        "attempts": meter.calls,
    }


def genres_event(answer: GenreAnswer) -> Event:
    """The first event of a stream."""
    return {
        "event": "genres",
        "genres": list(answer.genres),
        "probabilities": dict(answer.probabilities),
        "model": {"name": answer.rung, "version": answer.version},
    }


class _GenresFirst:
    """Events in their order: what the language model says before the genres are known waits for them."""

    def __init__(self, emit: Emit) -> None:
        self._emit = emit
        self._waiting: list[Event] | None = []

    def genres(self, answer: GenreAnswer) -> None:
        waiting, self._waiting = self._waiting or [], None
        self._emit(genres_event(answer))
        for event in waiting:
            self._emit(event)

    def draft(self, text: str) -> None:
        self._send({"event": "draft", "text": text})

    def note(self, fault: Fault) -> None:
        self._send({"event": "note", "detail": fault.detail, "part": fault.part, "kind": fault.kind})

    def _send(self, event: Event) -> None:
        if self._waiting is None:
            self._emit(event)
        else:
            self._waiting.append(event)
