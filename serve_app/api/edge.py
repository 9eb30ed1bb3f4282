"""The outermost layer, in plain ASGI since every request passes it: ids, size limit, headers, vitals, last resort."""

from __future__ import annotations

import logging
import re
import time
import uuid
from collections.abc import Sequence

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from serve_app.api.headers import security_headers
from serve_app.api.problems import Problem, problem_response
from serve_app.api.vitals import Vitals

_SANE_ID = re.compile(rb"[0-9A-Za-z_.:-]{1,128}")
_UNCOUNTED = ("/v1/system",)
"""Asked by the page every few seconds: counted, it would be most of what the page shows."""
_log = logging.getLogger(__name__)


class ClientGoneError(Exception):
    """The client went away before its answer: there is nobody to tell."""


class Edge:
    """Wraps the application. What no one foresaw becomes a 500 with the request's id, and nothing else."""

    def __init__(
        self, app: ASGIApp, *, vitals: Vitals, max_body_bytes: int, server_echoes_id: bool = False
    ) -> None:
        """`server_echoes_id`: what is in front sends the request's `X-Request-ID` back by itself, as Serve does."""
        self._app = app
        self._vitals = vitals
        self._max_body_bytes = max_body_bytes
        self._server_echoes_id = server_echoes_id

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = _header(scope["headers"], b"x-request-id")
        taken = given is not None and bool(_SANE_ID.fullmatch(given))
        request_id = given.decode("ascii") if given is not None and taken else uuid.uuid4().hex
        scope["request_id"] = request_id
        echo = not (taken and self._server_echoes_id)
        answer = _Answer(scope, send, request_id, self._vitals, echo=echo)
        if scope["method"] == "HEAD":
            scope["method"] = "GET"  # the same without its body
        try:
            limited = self._limited(scope, receive)
            await self._app(scope, limited, answer.send)
        except Problem as problem:
            await answer.fail(problem, scope, receive)
        except ClientGoneError:
            return
        except Exception:  # noqa: BLE001 (the last resort: logged with its trace, told without)
            _log.exception("Request %s failed: %s %s", request_id, scope["method"], scope["path"])
            problem = Problem(
                "unexpected", "An unexpected error. The service's log has it under this request id."
            )
            await answer.fail(problem, scope, receive)

    def _limited(self, scope: Scope, receive: Receive) -> Receive:
        """`receive` that refuses a body over the limit, announced or not."""
        most = self._max_body_bytes
        length = _header(scope["headers"], b"content-length")
        if length is not None and length.isdigit() and int(length) > most:
            raise self._too_large()
        seen = 0

        async def counted() -> Message:
            nonlocal seen
            message = await receive()
            if message["type"] == "http.request":
                seen += len(message.get("body", b""))
                if seen > most:
                    raise self._too_large()
            return message

        return counted

    def _too_large(self) -> Problem:
        # The rest of the body is still on its way: the connection is of no more use.
        detail = f"The most is {self._max_body_bytes // 1024} KiB."
        return Problem("too-large", detail, headers={"Connection": "close"})


class _Answer:
    """Adds headers when the answer begins, and takes the time."""

    def __init__(self, scope: Scope, send: Send, request_id: str, vitals: Vitals, *, echo: bool) -> None:
        self._send = send
        self._path: str = scope["path"]
        self._route: str = self._path.removeprefix(scope.get("root_path", ""))
        self._without_body = scope["method"] == "HEAD"
        self._request_id = request_id
        self._echo = echo
        self._vitals = vitals
        self._began = time.perf_counter()
        self.started = False

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.started = True
            headers = list(message.get("headers", ()))
            if self._echo:
                headers.append((b"x-request-id", self._request_id.encode("ascii")))
            headers += security_headers(self._route, {name.lower() for name, _ in headers})
            message["headers"] = headers
            self._record(message["status"])
        elif self._without_body and message["type"] == "http.response.body":
            message = {**message, "body": b""}
        await self._send(message)

    async def fail(self, problem: Problem, scope: Scope, receive: Receive) -> None:
        """The problem as the answer; where one had begun, the connection ends in its middle, which the client sees."""
        if self.started:
            raise problem
        response = problem_response(problem, path=self._path, request_id=self._request_id)
        await response(scope, receive, self.send)

    def _record(self, status: int) -> None:
        if self._route.startswith("/v1/") and not self._route.startswith(_UNCOUNTED):
            milliseconds = (time.perf_counter() - self._began) * 1000
            self._vitals.record(milliseconds, error=status >= 500)


def _header(headers: Sequence[tuple[bytes, bytes]], name: bytes) -> bytes | None:
    for found, value in headers:
        if found == name:
            return value
    return None
