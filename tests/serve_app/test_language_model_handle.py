"""The handle of the language model: nobody waits for a replica that never comes."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import pytest

from serve_app import handles
from serve_app.handles import LLMHandle
from trending.errors import LLMBusyError
from trending.llm.protocol import GenerateRequest, Message

REQUEST = GenerateRequest((Message("user", "Hello"),))


class Silent:
    """A deployment without a replica: its calls are never answered."""

    def __init__(self) -> None:
        self.cancelled = 0

    @property
    def generate(self) -> Silent:
        return self

    @property
    def stream(self) -> Silent:
        return self

    def options(self, **_: Any) -> Silent:
        return self

    def remote(self, *_: Any) -> Silent:
        return self

    def cancel(self) -> None:
        self.cancelled += 1

    def __aiter__(self) -> Silent:
        return self

    async def __anext__(self) -> Any:
        await asyncio.Event().wait()

    def __await__(self) -> Any:
        return asyncio.Event().wait().__await__()


def test_an_answer_that_never_comes_is_refused_with_the_time_to_ask_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(handles, "GRACE_S", 0.01)
    handle = LLMHandle(cast(Any, Silent()), deadline_s=0.01)
    with pytest.raises(LLMBusyError) as refused:
        asyncio.run(handle.generate(REQUEST))
    assert refused.value.retry_after_s > 0


def test_a_stream_that_never_begins_is_refused_and_cancelled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handles, "GRACE_S", 0.01)
    silent = Silent()

    async def first_piece() -> Any:
        return await anext(LLMHandle(cast(Any, silent), deadline_s=0.01).stream(REQUEST))

    with pytest.raises(LLMBusyError):
        asyncio.run(first_piece())
    assert silent.cancelled == 1
