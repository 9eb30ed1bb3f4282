"""A server on this machine that speaks OpenAI's format, and does what a test says."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncGenerator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, StreamingResponse

USAGE = {"prompt_tokens": 12, "completion_tokens": 3, "total_tokens": 15}
LIKELIHOODS = {" Paris": -0.5, " the moon": -9.0}


@dataclass
class Stub:
    """What it answers, and what it was asked."""

    address: str = ""
    words: tuple[str, ...] = ("one ", "two ", "three")
    status: int = 200
    error: dict[str, Any] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    hang: bool = False
    """Never ends a streamed answer."""
    break_off: bool = False
    """Ends a streamed answer without its end."""
    echo: bool = True
    asked: list[dict[str, Any]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    gone: threading.Event = field(default_factory=threading.Event)
    """The client has gone away from a hanging answer."""


@contextmanager
def running_stub() -> Iterator[Stub]:
    stub = Stub()
    server = uvicorn.Server(uvicorn.Config(_app(stub), host="127.0.0.1", port=0, log_level="error"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        thread.join(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    stub.address = f"http://127.0.0.1:{port}/v1"
    yield stub
    server.should_exit = True
    thread.join()


def _app(stub: Stub) -> FastAPI:
    app = FastAPI()

    @app.post("/v1/{route:path}")
    async def answer(route: str, request: Request) -> Any:
        body = await request.json()
        stub.asked.append(body)
        stub.keys.append(request.headers["authorization"])
        if stub.status != 200:
            return JSONResponse({"error": stub.error}, stub.status, stub.headers)
        if route == "chat/completions":
            return StreamingResponse(_chunks(stub, request), media_type="text/event-stream")
        return _completions(stub, body)

    return app


async def _chunks(stub: Stub, request: Request) -> AsyncGenerator[str, None]:
    try:
        for word in stub.words:
            yield _event(choices=[{"index": 0, "delta": {"content": word}, "finish_reason": None}])
        while stub.hang:
            await asyncio.sleep(0.01)
            if await request.is_disconnected():
                return
        if stub.break_off:
            return
        yield _event(choices=[{"index": 0, "delta": {}, "finish_reason": "stop"}])
        yield _event(choices=[], usage=USAGE)
        yield "data: [DONE]\n\n"
    finally:
        if stub.hang:
            stub.gone.set()


def _event(**parts: Any) -> str:
    chunk = {"id": "1", "object": "chat.completion.chunk", "created": 0, "model": "m"} | parts
    return f"data: {json.dumps(chunk)}\n\n"


def _completions(stub: Stub, body: dict[str, Any]) -> dict[str, Any]:
    choices = [
        _choice(i, text) | ({} if stub.echo else {"logprobs": None}) for i, text in enumerate(body["prompt"])
    ]
    return {
        "id": "1", "object": "text_completion", "created": 0, "model": "m", "usage": USAGE,
        "choices": choices[::-1],
    }  # fmt: skip


def _choice(index: int, text: str) -> dict[str, Any]:
    """Each word is a token; the first has no likelihood, and a begin-of-text comes before it."""
    words = [w if i == 0 else " " + w for i, w in enumerate(text.split(" "))]
    values = [None, *(-1.0 for _ in words)]
    for ending, value in LIKELIHOODS.items():
        if text.endswith(ending):
            values[-1] = value
    return {
        "index": index, "text": text, "finish_reason": "length",
        "logprobs": {"tokens": ["<s>", *words], "token_logprobs": values, "text_offset": [], "top_logprobs": []},
    }  # fmt: skip
