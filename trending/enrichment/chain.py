"""The enrichment of one title: genres, summary, vibe score and vibe tags, each from the highest rung that holds."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import numpy.typing as npt

from trending.enrichment.evidence import gather
from trending.enrichment.extractive import extractive_summary
from trending.enrichment.genres import Classify, Examples, classified, document_of, with_second_opinion
from trending.enrichment.metering import MeteredEngine
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
        trust: Trust | None = None,
        examples: Examples | None = None,
        max_reviews: Callable[[], int] | None = None,
    ) -> None:
        """`engine` None: no language model. `trust` None, or of weight 0: it is not asked for genres.

        `max_reviews`: how many reviews the classifier that answers was trained with; None: as in the settings.
        """
        self.settings = settings
        self._engine, self._classify = engine, classify
        self._encoder, self._sentiment = OneAtATime(encoder), sentiment
        self._trust, self._examples = trust, examples
        self._max_reviews = max_reviews or (lambda: settings.train.document.max_reviews)

    async def enrich(self, title: EnrichmentInput) -> Enrichment:
        """The enrichment. Nothing that a model does or fails to do raises: the answer stands on lower rungs."""
        return await self._run(title, None)

    async def stream(self, title: EnrichmentInput) -> AsyncGenerator[Event, None]:
        """The events of `EnricherService.stream`. Closing it early stops the models.

        `draft` carries the whole summary so far. It has passed the checks that need no model, and the last few
        words wait; whether the reviews support it is known only at the end, so `done` may tell another summary.
        """
        events: asyncio.Queue[Event] = asyncio.Queue()
        run = asyncio.create_task(self._run(title, events.put_nowait))
        run.add_done_callback(lambda _: events.put_nowait({"event": "end"}))
        try:
            while (event := await events.get())["event"] != "end":
                yield event
            yield {"event": "done", "enrichment": (await run).as_json()}
        finally:
            run.cancel()
            await asyncio.wait([run])

    async def _run(self, title: EnrichmentInput, emit: Emit | None) -> Enrichment:
        started = time.perf_counter()
        ground = Ground(await asyncio.to_thread(gather, title, self.settings.enrichment), self._encoder)
        meter = MeteredEngine(self._engine) if self._engine else None
        async with asyncio.TaskGroup() as tasks:
            shown = asyncio.Event()
            genres = tasks.create_task(self._genres(title, meter, emit, shown))
            told = tasks.create_task(self._told(ground, meter, emit, shown))
            positive = tasks.create_task(self._positive(ground))
        answer, faults = genres.result()
        scores, unfelt = positive.result()
        return await self._composed(
            title, ground, answer, told.result(), scores, faults + unfelt, meter, started
        )

    async def _genres(
        self, title: EnrichmentInput, meter: MeteredEngine | None, emit: Emit | None, shown: asyncio.Event
    ) -> tuple[GenreAnswer, list[Fault]]:
        document = await asyncio.to_thread(document_of, title, max_reviews=self._max_reviews())
        answer, faults = await classified(document, self._classify)
        if emit:
            emit(_genres_event(answer))
            shown.set()
        if not meter or not self._trust or self._trust.weight <= 0:
            return answer, faults
        answer, more = await with_second_opinion(
            answer,
            title,
            engine=meter,
            trust=self._trust,
            examples=self._examples,
            settings=self.settings,
        )
        return answer, faults + more

    async def _told(
        self, ground: Ground, meter: MeteredEngine | None, emit: Emit | None, shown: asyncio.Event
    ) -> Told:
        evidence = ground.evidence
        if not meter or not (evidence.reviews or evidence.plot):
            return Told()
        if not emit:
            return await ask_about(ground, meter, self.settings.enrichment)

        def draft(text: str) -> None:
            if shown.is_set():  # genres come first; the next draft holds all of this one
                emit({"event": "draft", "text": text})

        def note(fault: Fault) -> None:
            emit({"event": "note", "detail": fault.detail, "part": fault.part, "kind": fault.kind})

        return await ask_about(ground, meter, self.settings.enrichment, draft=draft, note=note)

    async def _positive(self, ground: Ground) -> tuple[list[float], list[Fault]]:
        opinions = ground.evidence.opinions
        if not opinions:
            return [], []
        try:
            return [float(p) for p in await asyncio.to_thread(self._sentiment.scores, opinions)], []
        except TrendingError as error:
            return [], [Fault("score", "failed", f"no sentiment: {type(error).__name__}")]

    async def _composed(
        self,
        title: EnrichmentInput,
        ground: Ground,
        answer: GenreAnswer,
        told: Told,
        positive: list[float],
        faults: list[Fault],
        meter: MeteredEngine | None,
        started: float,
    ) -> Enrichment:
        limits = self.settings.enrichment
        summary, summary_rung = await self._summary(ground, told)
        tags, tag_rung = await self._tags(ground, told)
        score, basis, far = vibe_score(
            positive, title.ratings, told.score, distance=limits.score_distance, attempt=told.attempt
        )
        took_part = meter is not None and meter.answered > 0
        return Enrichment(
            title=title.title,
            title_id=title.title_id,
            genres=answer.genres,
            probabilities=answer.probabilities,
            genre_rung=answer.rung,
            genre_version=answer.version,
            llm_trust=self._trust.weight if self._trust and answer.rung in ("llm", "combined") else 0.0,
            summary=summary,
            summary_rung=summary_rung,
            vibe_score=score,
            score_basis=basis,
            vibe_tags=tags,
            tag_rung=tag_rung,
            llm_model=meter.card.model if meter and took_part else "",
            prompt_hashes=dict(told.prompt_hashes),
            prompt_tokens=meter.prompt_tokens if meter else 0,
            completion_tokens=meter.completion_tokens if meter else 0,
            attempts=meter.calls if meter else 0,
            faults=(*faults, *told.faults, *([far] if far else [])),
            seconds=time.perf_counter() - started,
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


def _genres_event(answer: GenreAnswer) -> Event:
    return {
        "event": "genres",
        "genres": list(answer.genres),
        "probabilities": dict(answer.probabilities),
        "model": {"name": answer.rung, "version": answer.version},
    }
