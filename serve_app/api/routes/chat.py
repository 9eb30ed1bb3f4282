"""`POST /v1/chat/completions`, as OpenAI's clients expect it."""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import AsyncIterator, Callable
from typing import Annotated, Any

from fastapi import APIRouter, Body
from starlette.requests import Request
from starlette.responses import Response

from serve_app.api.answering import json_response
from serve_app.api.context import Context
from serve_app.api.faults import problem_of
from serve_app.api.problems import Problem, problems
from serve_app.api.routing import needs, router
from serve_app.api.schemas.chat import DEFAULT_MODEL, ChatCompletion, ChatIn, SchemaFormat
from serve_app.api.streaming import EVENTS, event_bytes, event_response, while_connected
from trending.llm.protocol import GenerateRequest, GenerateResponse, Message, Piece, Usage

_DONE = b"data: [DONE]\n\n"
_STREAM: dict[str, Any] = {
    "description": "The answer; with `stream` its chunks as events, ended by `[DONE]`.",
    "content": EVENTS,
}
_log = logging.getLogger(__name__)


def routes() -> APIRouter:
    """The routes of this module."""
    group = router("chat")
    group.add_api_route(
        "/v1/chat/completions",
        chat_completions,
        methods=["POST"],
        summary="Chat with the language model",
        response_model=ChatCompletion,
        responses={200: _STREAM, **problems(400, 404, 413, 415, 422, 502, 504)},
        openapi_extra=needs("write"),
    )
    return group


async def chat_completions(request: Request, body: Annotated[ChatIn, Body()], context: Context) -> Response:
    """One answer, whole or streamed. A `response_format` with a JSON schema is obeyed."""
    llm = context.services.llm
    card = await llm.card()
    if card.engine == "none":
        raise Problem("not-found", "No language model is configured (`llm.engine` is `none`).")
    if body.model not in (DEFAULT_MODEL, card.model):
        raise Problem("not-found", f"There is no model {body.model!r}; there is {card.model!r}.")
    asked = _request(body)
    if not body.stream:
        answer = await while_connected(request, llm.generate(asked))
        return json_response(_completion(answer))
    include_usage = body.stream_options is not None and body.stream_options.include_usage
    events = _chunks(card.model, include_usage, lambda error: problem_of(error, context.unavailable))
    return await event_response(request, llm.stream(asked), events)


def _request(body: ChatIn) -> GenerateRequest:
    stop = [body.stop] if isinstance(body.stop, str) else body.stop or []
    return GenerateRequest(
        messages=tuple(
            Message("system" if turn.role == "developer" else turn.role, turn.text())
            for turn in body.messages
        ),
        max_tokens=body.max_completion_tokens or body.max_tokens,
        temperature=0.0 if body.temperature is None else body.temperature,
        top_p=1.0 if body.top_p is None else body.top_p,
        seed=body.seed,
        stop=tuple(stop),
        json_schema=_schema(body),
    )


def _schema(body: ChatIn) -> dict[str, Any] | None:
    wanted = body.response_format
    if isinstance(wanted, SchemaFormat):
        return wanted.json_schema.schema_
    return {"type": "object"} if wanted is not None and wanted.type == "json_object" else None


def _completion(answer: GenerateResponse) -> dict[str, Any]:
    return {
        "id": _new_id(),
        "object": "chat.completion",
        "created": int(time.time()),
        "model": answer.model,
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": answer.text},
                "finish_reason": answer.finish_reason,
            }
        ],
        "usage": _usage(answer.usage),
    }


def _chunks(
    model: str, include_usage: bool, problem: Callable[[BaseException], Problem | None]
) -> Callable[[AsyncIterator[Piece]], AsyncIterator[bytes]]:
    """Makes OpenAI's chunks of an answer's pieces."""
    head = {"id": _new_id(), "object": "chat.completion.chunk", "created": int(time.time()), "model": model}

    def chunk(delta: dict[str, str], finish_reason: str | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "finish_reason": finish_reason}
        return event_bytes({**head, "choices": [choice]})

    async def events(pieces: AsyncIterator[Piece]) -> AsyncIterator[bytes]:
        yield chunk({"role": "assistant", "content": ""})
        usage: Usage | None = None
        try:
            async for piece in pieces:
                usage = piece.usage or usage
                if piece.text:
                    yield chunk({"content": piece.text})
                if piece.finish_reason:
                    yield chunk({}, piece.finish_reason)
        except Exception as error:  # noqa: BLE001 (the status is sent already: the client learns it as an event)
            yield event_bytes({"error": _error(error, problem(error))})
            return
        if include_usage and usage:
            yield event_bytes({**head, "choices": [], "usage": _usage(usage)})
        yield _DONE

    return events


def _error(error: BaseException, problem: Problem | None) -> dict[str, Any]:
    if problem is None:
        _log.error("A streamed answer failed", exc_info=error)
        return {
            "message": "An unexpected error ended the answer.",
            "type": "unexpected",
            "code": "unexpected",
        }
    return {"message": problem.detail, "type": problem.kind, "code": problem.kind}


def _usage(usage: Usage) -> dict[str, int]:
    return {
        "prompt_tokens": usage.prompt_tokens,
        "completion_tokens": usage.completion_tokens,
        "total_tokens": usage.total_tokens,
    }


def _new_id() -> str:
    return f"chatcmpl-{uuid.uuid4().hex}"
