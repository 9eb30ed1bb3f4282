"""An enrichment as it comes about, and one that nobody waits for any more."""

from __future__ import annotations

import asyncio
from itertools import pairwise
from typing import Any

from tests.enrichment.scripted import (
    GOOD_SUMMARY,
    TITLE,
    ScriptedEngine,
    answer,
    chain_of,
    enriched,
    streamed,
)
from trending.enrichment.prompts import load_prompt
from trending.llm.protocol import GenerateRequest


def test_the_stream_brings_genres_then_a_growing_draft_then_the_same_answer() -> None:
    events = streamed(ScriptedEngine(answer()))
    names = [event["event"] for event in events]
    assert names[0] == "genres"
    assert names[-1] == "done"
    assert set(names[1:-1]) == {"draft"}
    drafts = [event["text"] for event in events if event["event"] == "draft"]
    assert all(after.startswith(before) for before, after in pairwise(drafts))
    assert drafts[-1] == GOOD_SUMMARY
    whole = enriched(ScriptedEngine(answer())).as_json()
    assert events[-1]["enrichment"] | {"seconds": 0} == whole | {"seconds": 0}


def test_the_stream_notes_what_was_not_believed() -> None:
    bad = answer("Aliens invade Paris and destroy seven museums overnight.")
    events = streamed(ScriptedEngine(bad, answer()))
    assert [event["kind"] for event in events if event["event"] == "note"] == ["unsupported"]


def test_a_leak_is_never_seen_in_a_draft() -> None:
    system = load_prompt("reviews").system
    events = streamed(ScriptedEngine(answer(f"The acting is wonderful. {system}")))
    assert all("help people choose" not in str(event) for event in events)
    assert all("You help people" not in str(event.get("text")) for event in events)
    assert events[-1]["enrichment"]["summary_rung"] == "extractive"


def test_a_stream_that_is_closed_early_stops_the_model() -> None:
    engine = ScriptedEngine(answer())

    async def leave() -> None:
        stream = chain_of(engine).stream(TITLE)
        async for event in stream:
            if event["event"] == "genres":
                break
        await stream.aclose()
        assert [task for task in asyncio.all_tasks() if task is not asyncio.current_task()] == []

    asyncio.run(leave())


def test_a_cancelled_enrichment_stops_the_model() -> None:
    class Endless(ScriptedEngine):
        def __init__(self) -> None:
            super().__init__("")
            self.asked, self.cancelled = asyncio.Event(), False

        async def generate(self, request: GenerateRequest) -> Any:
            self.asked.set()
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                self.cancelled = True
                raise

    async def cancel() -> bool:
        engine = Endless()
        task = asyncio.create_task(chain_of(engine).enrich(TITLE))
        await engine.asked.wait()
        task.cancel()
        await asyncio.wait([task])
        return engine.cancelled and task.cancelled()

    assert asyncio.run(cancel())
