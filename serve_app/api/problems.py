"""Errors in the words of RFC 9457: one JSON object that says what was wrong and what to do."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from serve_app.api.answering import json_bytes
from serve_app.api.schemas import TAGS

MEDIA_TYPE = "application/problem+json"
URN = "urn:trending:problem:"
KINDS: Mapping[str, tuple[int, str]] = {
    "bad-request": (400, "The request cannot be answered"),
    "no-key": (401, "No valid API key"),
    "not-allowed": (403, "This API key may not do that"),
    "not-found": (404, "There is nothing here"),
    "wrong-method": (405, "This address does not know that method"),
    "too-large": (413, "The request body is too large"),
    "wrong-type": (415, "The request body has the wrong type"),
    "invalid": (422, "The request is not valid"),
    "too-many-requests": (429, "Too many requests"),
    "unexpected": (500, "Something went wrong here"),
    "model-failed": (502, "The language model did not answer"),
    "unavailable": (503, "Not now"),
    "deadline": (504, "The answer was not ready in time"),
}
_KIND_OF_STATUS = {status: kind for kind, (status, _) in KINDS.items()}
OPENAI_PATHS = ("/v1/chat/completions", "/v1/models")
"""Where a problem also carries OpenAI's `error` object, which its clients look for."""


class FieldProblem(BaseModel):
    """What is wrong with one value of the request."""

    loc: list[str | int] = Field(description="Where: `body`, `query` or `path`, then the way to the value.")
    msg: str
    type: str


class ProblemDetails(BaseModel):
    """An error (RFC 9457)."""

    type: str = Field(description="A name that does not change: `urn:trending:problem:NAME`.")
    title: str
    status: int
    detail: str
    instance: str = Field(description="The path of the request.")
    request_id: str
    errors: list[FieldProblem] | None = Field(default=None, description="With 422: each value that is wrong.")


class Problem(HTTPException):
    """An answer that is an error. `kind` is one of `KINDS`."""

    def __init__(
        self,
        kind: str,
        detail: str,
        *,
        headers: Mapping[str, str] | None = None,
        errors: Sequence[Mapping[str, Any]] | None = None,
        retry_after_s: float | None = None,
    ) -> None:
        self.kind = kind
        self.errors = errors
        sent = dict(headers or {})
        if retry_after_s is not None:
            sent["Retry-After"] = str(max(1, math.ceil(retry_after_s)))
        super().__init__(KINDS[kind][0], detail, headers=sent or None)

    def __reduce__(self) -> tuple[Any, ...]:
        """Not sent between processes; pickled by its message alone."""
        return type(self), (self.kind, self.detail)


def problem_response(problem: HTTPException, *, path: str, request_id: str) -> Response:
    """The problem as an answer."""
    kind = problem.kind if isinstance(problem, Problem) else _KIND_OF_STATUS.get(problem.status_code)
    title = KINDS[kind][1] if kind else problem.detail
    payload: dict[str, Any] = {
        "type": URN + kind if kind else "about:blank",
        "title": title,
        "status": problem.status_code,
        "detail": problem.detail,
        "instance": path,
        "request_id": request_id,
    }
    if isinstance(problem, Problem) and problem.errors is not None:
        payload["errors"] = problem.errors
    if path.endswith(OPENAI_PATHS):
        payload["error"] = {"message": problem.detail, "type": kind, "code": kind, "param": None}
    return Response(
        json_bytes(payload),
        status_code=problem.status_code,
        headers=dict(problem.headers or {}),
        media_type=MEDIA_TYPE,
    )


async def on_http_error(request: Request, error: Exception) -> Response:
    """Handler of `Problem` and of what Starlette raises itself (404, 405)."""
    assert isinstance(error, HTTPException)
    if not isinstance(error, Problem):
        error = _in_our_words(error, request)
    return problem_response(error, path=request.url.path, request_id=request.scope["request_id"])


async def on_invalid(request: Request, error: Exception) -> Response:
    """Handler of requests that FastAPI finds not valid: says where, never repeats what was sent."""
    assert isinstance(error, RequestValidationError)
    errors = [
        {"loc": _place(fault["loc"]), "msg": fault["msg"], "type": fault["type"]} for fault in error.errors()
    ]
    first = errors[0]
    more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
    detail = f"{'.'.join(map(str, first['loc']))}: {first['msg']}{more}"
    return problem_response(
        Problem("invalid", detail, errors=errors),
        path=request.url.path,
        request_id=request.scope["request_id"],
    )


def invalid(loc: Sequence[str | int], message: str) -> Problem:
    """A 422 about one value that only the route can judge."""
    error = {"loc": list(loc), "msg": message, "type": "value_error"}
    return Problem("invalid", f"{'.'.join(map(str, loc))}: {message}", errors=[error])


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """What OpenAPI says about a route's errors: those that every route has, and these."""
    common = (401, 403, 429, 500, 503)
    return {status: _documented(status) for status in sorted({*common, *statuses})}


def _documented(status: int) -> dict[str, Any]:
    answer: dict[str, Any] = {
        "description": KINDS[_KIND_OF_STATUS[status]][1],
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemDetails"}}},
    }
    if status in (429, 503):
        seconds = {"description": "Seconds to wait", "schema": {"type": "integer", "minimum": 1}}
        answer["headers"] = {"Retry-After": seconds}
    return answer


def _in_our_words(error: HTTPException, request: Request) -> Problem:
    kind = _KIND_OF_STATUS.get(error.status_code, "unexpected")
    detail = {
        404: "No such address.",
        405: f"{request.method} is not possible here.",
        400: "The body cannot be read: it is not UTF-8, or it did not arrive whole.",
    }.get(error.status_code, str(error.detail))
    return Problem(kind, detail, headers=error.headers)


def _place(loc: Sequence[str | int]) -> list[str | int]:
    """The way to the value, without the names of union members, and without what cannot be written in UTF-8."""
    return [_printable(part) for part in loc if part not in TAGS]


def _printable(part: str | int) -> str | int:
    return part if isinstance(part, int) else part.encode("utf-8", "replace").decode()[:200]
