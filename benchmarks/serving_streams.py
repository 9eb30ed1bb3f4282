"""Streams of a language model: so many at once, each asking again as soon as its answer is whole."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.serving_load import Call, part_within, percentiles_ms

MAX_TOKENS = 96
Ask = Callable[[str], AsyncIterator[tuple[str, int | None]]]
"""Pieces of an answer, each with the tokens of the whole answer as soon as they are known."""


@dataclass(frozen=True)
class Streams:
    """What so many streams gave."""

    streams: int
    tokens_per_s: float
    first_p50_ms: float
    """Time to the first piece."""
    first_p95_ms: float
    answers: int
    errors: int


@dataclass(frozen=True)
class _Answer:
    call: Call
    first_s: float
    tokens: int


async def measure_streams(ask: Ask, prompts: Sequence[str], streams: int, seconds: float) -> Streams:
    """Closed loop. An answer that is only partly within the time counts with that part of its tokens."""
    zero = time.perf_counter()
    answers: list[_Answer] = []
    turns = iter(range(10**9))
    errors = 0

    async def stream() -> None:
        nonlocal errors
        while time.perf_counter() - zero < seconds:
            number = next(turns)
            prompt = f"{prompts[number % len(prompts)]} ({streams}.{number})"
            try:
                answers.append(await one_answer(ask, prompt, zero))
            except (OSError, RuntimeError):
                errors += 1

    await asyncio.gather(*(stream() for _ in range(streams)))
    per_s = sum(one.tokens * part_within(one.call, seconds) for one in answers) / seconds
    p50, p95, _ = percentiles_ms([one.first_s for one in answers])
    return Streams(streams, per_s, p50, p95, len(answers), errors)


async def one_answer(ask: Ask, prompt: str, zero: float) -> _Answer:
    """When it began, when its first words came, when it ended, how long it was."""
    began = time.perf_counter()
    first, tokens = None, 0
    async for text, count in ask(prompt):
        if text and first is None:
            first = time.perf_counter() - began
        tokens = count or tokens
    ended = time.perf_counter()
    call = Call(began - zero, ended - zero, 200, retry_after=False)
    return _Answer(call, ended - began if first is None else first, tokens)


def ask_chat(session: Any, address: str) -> Ask:
    """Ask `POST /v1/chat/completions`, streaming. Raises `RuntimeError` for any answer but 200."""

    async def ask(prompt: str) -> AsyncIterator[tuple[str, int | None]]:
        body = {
            "model": "default", "messages": [{"role": "user", "content": prompt}], "stream": True,
            "max_tokens": MAX_TOKENS, "temperature": 0, "stream_options": {"include_usage": True},
        }  # fmt: skip
        async with session.post(f"{address}/v1/chat/completions", json=body) as reply:
            if reply.status != 200:
                raise RuntimeError(f"{reply.status}: {await reply.text()}")
            async for raw in reply.content:
                line = raw.decode().strip()
                if line.startswith("data:") and "[DONE]" not in line:
                    yield piece_of(json.loads(line.removeprefix("data:")))

    return ask


def piece_of(event: dict[str, Any]) -> tuple[str, int | None]:
    """Text and, in the last event, the tokens of the whole answer. Raises `RuntimeError` for an error event."""
    if "error" in event:
        raise RuntimeError(str(event["error"]))
    choices, usage = event.get("choices") or [], event.get("usage")
    text = (choices[0].get("delta") or {}).get("content") or "" if choices else ""
    return text, usage["completion_tokens"] if usage else None


def ask_engine(engine: Any) -> Ask:
    """Ask an engine of `trending.llm` itself."""
    from trending.llm.protocol import GenerateRequest, Message

    async def ask(prompt: str) -> AsyncIterator[tuple[str, int | None]]:
        request = GenerateRequest((Message("user", prompt),), max_tokens=MAX_TOKENS)
        async for piece in engine.stream(request):
            yield piece.text, piece.usage.completion_tokens if piece.usage else None

    return ask
