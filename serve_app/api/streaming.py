"""Answers that arrive bit by bit, and work that stops when nobody waits for it any more."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from typing import Any, TypeVar

from starlette.requests import Request
from starlette.responses import StreamingResponse

from serve_app.api.answering import json_bytes
from serve_app.api.edge import ClientGoneError

Item = TypeVar("Item")
Result = TypeVar("Result")
EVENT_STREAM = "text/event-stream"
EVENTS: dict[str, Any] = {
    EVENT_STREAM: {
        "schema": {
            "type": "object",
            "description": "One event; `data` is JSON.",
            "properties": {"event": {"type": "string"}, "data": {"type": "string"}},
            "required": ["data"],
        }
    }
}
"""How OpenAPI describes a stream: by one of its events."""
_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


async def while_connected(request: Request, work: Awaitable[Result]) -> Result:
    """The result of the work, which is cancelled when the client goes away. The body must have been read."""
    task = asyncio.ensure_future(work)
    gone = asyncio.ensure_future(_gone(request))
    try:
        await asyncio.wait({task, gone}, return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            raise ClientGoneError
        return task.result()
    finally:
        task.cancel()
        gone.cancel()


async def event_response(
    request: Request,
    source: AsyncGenerator[Item, None],
    events: Callable[[AsyncIterator[Item]], AsyncIterator[bytes]],
) -> StreamingResponse:
    """`events` made of the source's items, as server-sent events.

    The first item is awaited before the answer begins, so that what fails at once still gets its status. The source is
    closed when the client goes away.
    """
    try:
        first = await while_connected(request, anext(source, None))
    except BaseException:
        await source.aclose()
        raise

    async def items() -> AsyncIterator[Item]:
        if first is not None:
            yield first
            async for item in source:
                yield item

    async def body() -> AsyncIterator[bytes]:
        async with aclosing(source):
            async for event in events(items()):
                yield event

    return StreamingResponse(body(), media_type=EVENT_STREAM, headers=_HEADERS)


def event_bytes(data: Any, *, name: str | None = None) -> bytes:
    """One server-sent event. JSON has no line breaks, so that its data is one line."""
    head = b"event: " + name.encode() + b"\n" if name else b""
    return head + b"data: " + json_bytes(data) + b"\n\n"


async def _gone(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
