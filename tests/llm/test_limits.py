from __future__ import annotations

import asyncio
from contextlib import aclosing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.llm.scripted import ScriptedEngine
from trending.errors import LLMBudgetError, LLMBusyError, LLMDeadlineError
from trending.llm.budget import Budget
from trending.llm.limited import LimitedEngine
from trending.llm.limits import Limits
from trending.llm.protocol import GenerateRequest, ScoreRequest, chat
from trending.settings import LLMSettings

ASK = GenerateRequest(chat("", "Anything."))


def limited(folder: Path, *, concurrent: int = 1, queued: int = 1, deadline_s: float = 30.0, **settings: Any):
    budget = Budget(folder, LLMSettings(**settings))
    engine = ScriptedEngine(budget.add)
    return engine, LimitedEngine(engine, Limits(concurrent, queued), budget, deadline_s=deadline_s)


async def until(condition) -> None:
    while not condition():
        await asyncio.sleep(0)


def test_one_more_than_may_run_and_wait_is_refused_at_once(tmp_path: Path) -> None:
    async def run() -> None:
        engine, asked = limited(tmp_path, concurrent=2, queued=1)
        tasks = [asyncio.create_task(asked.generate(ASK)) for _ in range(3)]
        await until(lambda: asked.limits.waiting == 1)
        assert engine.running == 2
        with pytest.raises(LLMBusyError, match="2 requests under way and 1 waiting") as busy:
            await asked.generate(ASK)
        assert busy.value.retry_after_s >= 1
        engine.go.set()
        assert [answer.text for answer in await asyncio.gather(*tasks)] == ["one two"] * 3
        assert (asked.limits.running, asked.limits.waiting) == (0, 0)

    asyncio.run(run())


def test_those_who_wait_are_served_in_their_order(tmp_path: Path) -> None:
    async def run() -> None:
        limits = Limits(1, 10)
        order: list[int] = []

        async def one(number: int) -> None:
            async with limits.place():
                order.append(number)
                await asyncio.sleep(0)

        await asyncio.gather(*(one(n) for n in range(6)))
        assert order == list(range(6))

    asyncio.run(run())


def test_the_deadline_counts_the_waiting_and_stops_the_work(tmp_path: Path) -> None:
    async def run() -> None:
        engine, asked = limited(tmp_path, deadline_s=0.05)
        results = await asyncio.gather(asked.generate(ASK), asked.generate(ASK), return_exceptions=True)
        assert [type(r) for r in results] == [LLMDeadlineError] * 2
        assert engine.began == engine.cut_off == 1, "the second never reached the engine"
        assert (engine.running, asked.limits.running, asked.limits.waiting) == (0, 0, 0)
        assert asked.budget.today().tokens == 11, "what was made before the deadline is counted"

    asyncio.run(run())


def test_a_request_may_ask_for_less_time_but_not_for_more(tmp_path: Path) -> None:
    async def run() -> None:
        for deadline_s, asked_s in ((30.0, 0.02), (0.02, 30.0)):
            _, asked = limited(tmp_path, deadline_s=deadline_s)
            with pytest.raises(LLMDeadlineError):
                await asked.generate(GenerateRequest(chat("", "x"), deadline_s=asked_s))
            with pytest.raises(LLMDeadlineError):
                await asked.score(ScoreRequest("x", ("y",), deadline_s=asked_s))

    asyncio.run(run())


def test_a_stream_ends_at_its_deadline(tmp_path: Path) -> None:
    async def run() -> None:
        engine, asked = limited(tmp_path, deadline_s=0.05)
        async with aclosing(asked.stream(ASK)) as pieces:
            assert (await anext(pieces)).text == "one "
            with pytest.raises(LLMDeadlineError):
                await anext(pieces)
        assert engine.running == asked.limits.running == 0

    asyncio.run(run())


def test_a_cancelled_request_gives_its_place_to_the_next(tmp_path: Path) -> None:
    async def run() -> None:
        engine, asked = limited(tmp_path, queued=3)
        first, second, third = (asyncio.create_task(asked.generate(ASK)) for _ in range(3))
        await until(lambda: asked.limits.waiting == 2)
        second.cancel()
        first.cancel()
        await asyncio.gather(first, second, return_exceptions=True)
        await until(lambda: engine.began == 2)
        engine.go.set()
        assert (await third).text == "one two"
        assert (asked.limits.running, asked.limits.waiting) == (0, 0)

    asyncio.run(run())


def test_a_request_cancelled_as_it_gets_its_place_loses_none(tmp_path: Path) -> None:
    async def run() -> None:
        limits = Limits(1, 5)
        leave = asyncio.Event()

        async def hold() -> None:
            async with limits.place():
                await leave.wait()

        holder, waiter = asyncio.create_task(hold()), asyncio.create_task(hold())
        await until(lambda: limits.waiting == 1)
        leave.set()
        await holder  # has just given its place to the waiter, which has not run yet
        waiter.cancel()
        await asyncio.gather(waiter, return_exceptions=True)
        assert (limits.running, limits.waiting) == (0, 0)

    asyncio.run(run())


def test_a_stream_that_is_closed_early_frees_its_place(tmp_path: Path) -> None:
    async def run() -> None:
        engine, asked = limited(tmp_path)
        async with aclosing(asked.stream(ASK)) as pieces:
            assert (await anext(pieces)).text == "one "
        assert engine.cut_off == 1
        assert asked.limits.running == 0

    asyncio.run(run())


def test_limits_change_without_a_restart(tmp_path: Path) -> None:
    async def run() -> None:
        engine, asked = limited(tmp_path, queued=2)
        tasks = [asyncio.create_task(asked.generate(ASK)) for _ in range(3)]
        await until(lambda: asked.limits.waiting == 2)
        asked.limits.change(3, 0)
        await until(lambda: engine.running == 3)
        engine.go.set()
        await asyncio.gather(*tasks)

    asyncio.run(run())


def test_the_budget_of_the_day_ends_at_midnight(tmp_path: Path) -> None:
    clock = [datetime(2026, 11, 28, 23, 0, tzinfo=UTC)]

    async def run() -> None:
        budget = Budget(tmp_path, LLMSettings(daily_tokens=24), now=lambda: clock[0])
        engine = ScriptedEngine(budget.add)
        engine.go.set()
        asked = LimitedEngine(engine, Limits(1, 1), budget, deadline_s=30)
        await asked.generate(ASK)
        await asked.generate(ASK)
        with pytest.raises(LLMBudgetError, match=r"24 of 24 tokens.*llm\.daily_tokens") as spent:
            await asked.generate(ASK)
        assert spent.value.retry_after_s == 3600
        assert engine.began == 2
        clock[0] = datetime(2026, 11, 29, 0, 0, 1, tzinfo=UTC)
        assert (await asked.generate(ASK)).text == "one two"

    asyncio.run(run())
