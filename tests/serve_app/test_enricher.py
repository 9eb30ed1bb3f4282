"""The chain on the services: the key reaches the classifier, answers are remembered, and a lost model is waited for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from serve_app.contracts import TrafficPolicy
from serve_app.enrichment_service import KEPT, EnrichmentService, LazyExamples
from serve_app.remote_engine import RemoteEngine
from tests.enrichment.scripted import TITLE, ScriptedEngine, WordEncoder, WordSentiment, answer
from tests.serve_app.api.fakes import FakeClassifiers
from trending.enrichment.schema import Enrichment, EnrichmentInput
from trending.enrichment.trust import Trust, save_trust, trust_file
from trending.errors import LLMBusyError, LLMDeadlineError
from trending.features.document import make_document
from trending.llm.protocol import (
    EngineCard,
    GenerateRequest,
    GenerateResponse,
    Piece,
    ScoreRequest,
    ScoreResponse,
)
from trending.settings import LLMSettings, Settings


class ScriptedService:
    """The scripted engine as the deployment's handle shows it."""

    def __init__(self, engine: ScriptedEngine) -> None:
        self.engine = engine
        self.there = True

    async def card(self) -> EngineCard:
        if not self.there:
            raise ConnectionError
        return self.engine.card

    async def generate(self, request: GenerateRequest) -> GenerateResponse:
        return await self.engine.generate(request)

    def stream(self, request: GenerateRequest) -> AsyncGenerator[Piece, None]:
        return self.engine.stream(request)

    async def score(self, request: ScoreRequest) -> ScoreResponse:
        return await self.engine.score(request)


class Here:
    """The service on fakes, and what can be looked at."""

    def __init__(self, settings: Settings, *replies: Any) -> None:
        self.engine = ScriptedEngine(*(replies or (answer(),)))
        self.llm = ScriptedService(self.engine)
        self.classifiers = FakeClassifiers()
        self.service = EnrichmentService(
            settings,
            classifiers=self.classifiers,
            engine=RemoteEngine(self.llm, settings.llm),
            encoder=WordEncoder(),
            sentiment=WordSentiment(),
        )

    def enrich(self, title: EnrichmentInput = TITLE, key: str = "k") -> Enrichment:
        return asyncio.run(self.service.enrich(title, key=key))

    def stream(self, title: EnrichmentInput = TITLE, key: str = "k") -> list[Any]:
        async def collect() -> list[Any]:
            return [event async for event in self.service.stream(title, key=key)]

        return asyncio.run(collect())


def test_the_key_and_the_document_reach_the_classifier(settings: Settings) -> None:
    here = Here(settings)
    result = here.enrich(key="somebody")
    document = make_document(TITLE.title, TITLE.plot, TITLE.reviews, max_reviews=2)
    assert here.classifiers.asked == [((document,), "somebody", "")]
    assert (result.genre_rung, result.genre_version, result.llm_model) == ("bert", "3", "scripted-1")
    thresholds = dict(zip(here.classifiers.card().genres, here.classifiers.card().thresholds, strict=True))
    assert set(result.genres) == {g for g, p in result.probabilities.items() if p >= thresholds[g]}
    assert [result.probabilities[g] for g in result.genres] == sorted(
        (result.probabilities[g] for g in result.genres), reverse=True
    )


def test_the_same_title_is_enriched_once(settings: Settings) -> None:
    here = Here(settings)
    first = here.enrich()
    assert here.enrich() is first
    events = here.stream()
    assert [event["event"] for event in events] == ["genres", "draft", "done"]
    assert events[-1]["enrichment"] == first.as_json()
    assert len(here.engine.requests) == len(here.classifiers.asked) == 1


def test_what_was_streamed_is_remembered(settings: Settings) -> None:
    here = Here(settings)
    last = here.stream()[-1]["enrichment"]
    assert here.enrich().as_json() == last
    assert len(here.engine.requests) == 1


def test_another_text_version_or_arm_is_another_answer(settings: Settings) -> None:
    here = Here(settings)
    here.enrich()
    here.enrich(replace(TITLE, plot=f"{TITLE.plot} More."))
    here.classifiers.policy_now = TrafficPolicy("4", "bert")
    here.enrich()
    here.classifiers.policy_now = TrafficPolicy(
        "4", "bert", challenger="5", challenger_kind="bert", weight=1.0
    )
    here.enrich()
    assert len(here.engine.requests) == 4


def test_an_answer_that_only_bad_luck_lowered_is_not_kept(settings: Settings) -> None:
    here = Here(settings, LLMBusyError("full"), answer())
    assert here.enrich().summary_rung == "extractive"
    assert here.enrich().summary_rung == "llm"


def test_without_classifiers_there_is_still_an_answer(settings: Settings) -> None:
    here = Here(settings)
    here.classifiers.fails = ConnectionError()
    assert here.enrich().genre_rung in ("keyword", "none")
    assert here.enrich().summary_rung == "llm"
    assert len(here.engine.requests) == 2  # nothing was kept


def test_the_memory_forgets_the_oldest(settings: Settings) -> None:
    here = Here(settings)
    done = here.enrich()
    for number in range(KEPT):
        here.service._kept.put(str(number), done)
    here.enrich()
    assert len(here.engine.requests) == 2


def test_a_language_model_that_is_not_there_yet(settings: Settings) -> None:
    here = Here(settings, ConnectionError())
    here.llm.there = False
    assert here.enrich().llm_model == ""
    here.llm.there = True
    here.engine.replies[:] = [answer()]
    assert here.enrich().llm_model == "scripted-1"


def test_an_answer_that_never_comes_ends_at_the_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("serve_app.remote_engine.GRACE_S", 0.0)

    class Mute(ScriptedService):
        async def generate(self, request: GenerateRequest) -> GenerateResponse:
            await asyncio.Event().wait()
            raise AssertionError

        async def stream(self, request: GenerateRequest) -> AsyncGenerator[Piece, None]:
            yield Piece("a")
            await asyncio.Event().wait()

    engine = RemoteEngine(Mute(ScriptedEngine("")), LLMSettings(deadline_s=0.05))

    pieces: list[Piece] = []

    async def read() -> None:
        async for piece in engine.stream(GenerateRequest(())):
            pieces.append(piece)

    with pytest.raises(LLMDeadlineError):
        asyncio.run(engine.generate(GenerateRequest(())))
    with pytest.raises(LLMDeadlineError):
        asyncio.run(read())
    assert pieces == [Piece("a")]


def test_a_learnt_rule_is_found_for_the_version_that_answers(settings: Settings) -> None:
    here = Here(settings)
    save_trust(settings, Trust(0.5, llm_model="scripted-1", classifier_version="3", titles=10))
    result = here.enrich()  # the scripted engine cannot score: its fault tells that it was asked
    assert [(fault.part, fault.kind) for fault in result.faults] == [("genres", "failed")]
    assert result.genre_rung == "bert"


def test_a_broken_rule_is_no_trust(settings: Settings) -> None:
    path: Path = trust_file(settings, "scripted-1", "3")
    path.parent.mkdir(parents=True)
    path.write_text("{}")
    assert Here(settings).enrich().llm_trust == 0.0


def test_examples_are_loaded_once_and_late() -> None:
    loads: list[int] = []

    def load() -> Any:
        loads.append(1)
        return lambda title: [(title.title, "", ())]

    examples = LazyExamples(load)
    assert loads == []
    assert examples(TITLE) == examples(TITLE) == [(TITLE.title, "", ())]
    assert loads == [1]
