"""The thread, on a pipeline that does what a test says: what is hard to provoke in a real one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any

import pytest

from trending.errors import LLMError, PromptError
from trending.llm.openvino_stepper import Job, Stepper, Tokens

Reason = Enum("Reason", ["NONE", "STOP", "LENGTH"])


class Status(Enum):
    RUNNING = auto()
    IGNORED = auto()


@dataclass
class Output:
    generated_ids: list[int]
    finish_reason: Reason


@dataclass
class Handle:
    plan: str
    outputs: list[Output] = field(default_factory=list)
    cancelled: bool = False
    ignored: bool = False

    def can_read(self) -> bool:
        return bool(self.outputs)

    def read(self) -> dict[int, Output]:
        return {0: self.outputs.pop(0)}

    def get_status(self) -> Status:
        return Status.IGNORED if self.ignored else Status.RUNNING

    def cancel(self) -> None:
        self.cancelled = True


class Pipeline:
    """Gives one token a step. `config` is what shall happen: `ok`, `endless`, `refused`, `poison`, `too large`."""

    def __init__(self) -> None:
        self.handles: list[Handle] = []

    def add_request(self, number: int, input_ids: Any, config: str) -> Handle:
        if config == "refused":
            raise RuntimeError("somewhere.cpp:1\nmax_new_tokens must be positive")
        handle = Handle(config)
        self.handles.append(handle)
        return handle

    def step(self) -> None:
        for handle in [h for h in self.handles if not h.cancelled]:
            if handle.plan == "poison":
                raise RuntimeError("somewhere.cpp:2\nno such grammar")
            handle.ignored = handle.plan == "too large"
            if not handle.ignored:
                handle.outputs.append(Output([7], Reason.STOP if handle.plan == "ok" else Reason.NONE))
        self.handles = [h for h in self.handles if h.plan == "endless" and not h.cancelled]


def job(plan: str) -> Job:
    return Job(None, plan, asyncio.get_running_loop())


async def all_of(tokens: AsyncGenerator[Tokens, None]) -> list[int]:
    return [number async for step in tokens for number in step.ids]


def test_a_step_that_fails_ends_what_is_under_way_and_the_pipeline_is_opened_anew() -> None:
    opened: list[Pipeline] = []

    def open_pipeline() -> Pipeline:
        opened.append(Pipeline())
        return opened[-1]

    async def run() -> None:
        stepper = Stepper(open_pipeline)
        endless = stepper.run(job("endless"))
        assert (await anext(endless)).ids == [7]
        with pytest.raises(LLMError, match=r"loaded anew; ask again\. It said: no such grammar"):
            await all_of(stepper.run(job("poison")))
        with pytest.raises(LLMError, match="loaded anew"):
            await all_of(endless)
        assert await all_of(stepper.run(job("ok"))) == [7]
        stepper.check()
        stepper.close()

    asyncio.run(run())
    assert len(opened) == 2


def test_a_pipeline_that_cannot_be_opened_again_ends_the_thread_and_check_says_so() -> None:
    left = [Pipeline()]

    async def run() -> None:
        stepper = Stepper(left.pop)
        with pytest.raises(LLMError, match="loaded anew"):
            await all_of(stepper.run(job("poison")))
        stepper._thread.join()
        with pytest.raises(LLMError, match="thread has ended: pop from empty list"):
            stepper.check()
        with pytest.raises(LLMError, match="thread has ended"):
            await all_of(stepper.run(job("ok")))

    asyncio.run(run())


def test_a_request_that_the_pipeline_refuses_or_has_no_room_for_harms_no_other() -> None:
    async def run() -> None:
        stepper = Stepper(Pipeline)
        with pytest.raises(PromptError, match="cannot take this request: max_new_tokens must be positive"):
            await all_of(stepper.run(job("refused")))
        with pytest.raises(LLMError, match=r"llm\.cache_gb"):
            await all_of(stepper.run(job("too large")))
        assert await all_of(stepper.run(job("ok"))) == [7]
        stepper.close()

    asyncio.run(run())


def test_requests_of_two_event_loops_get_their_own_tokens() -> None:
    stepper = Stepper(Pipeline)
    for _ in range(2):
        assert asyncio.run(_ask(stepper)) == [7]
    stepper.close()


def test_a_loop_that_ended_without_closing_its_stream_leaves_no_request_behind() -> None:
    stepper = Stepper(Pipeline)
    pipeline: Pipeline = stepper.pipeline
    loop = asyncio.new_event_loop()
    lost = stepper.run(Job(None, "endless", loop))
    loop.run_until_complete(anext(lost))
    loop.close()
    assert asyncio.run(_ask(stepper)) == [7]
    while stepper.active or pipeline.handles:
        stepper._thread.join(0.01)
    stepper.close()


async def _ask(stepper: Stepper) -> list[int]:
    return await all_of(stepper.run(job("ok")))
