"""The class of all routes under /v1: who asks is checked before the body is read, and errors get their words."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import APIRouter
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response

from serve_app.api.context import ApiContext
from serve_app.api.faults import problem_of
from serve_app.api.keys import Scope
from serve_app.api.problems import Problem

SCOPE = "x-scope"
"""Where an operation of the OpenAPI document names the scope it needs."""


def router(tag: str) -> APIRouter:
    """A router for routes that need an API key, where there are keys."""
    return APIRouter(tags=[tag], route_class=KeyedRoute)


def needs(scope: Scope) -> dict[str, Any]:
    """The `openapi_extra` of a route that needs this scope."""
    return {SCOPE: scope}


class KeyedRoute(APIRoute):
    """A route that lets in by key and scope. It must be made with `openapi_extra=needs(...)`."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler behind the checks."""
        handler = super().get_route_handler()
        scope: Scope = (self.openapi_extra or {})[SCOPE]
        takes_json = self.body_field is not None

        async def checked(request: Request) -> Response:
            context: ApiContext = request.app.state.context
            request.state.caller = context.admission.admit(request, scope)
            if takes_json:
                _check_content_type(request)
            try:
                return await handler(request)
            except Exception as error:
                problem = problem_of(error, context.unavailable)
                if problem is None:
                    raise
                raise problem from error

        return checked


def _check_content_type(request: Request) -> None:
    given = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if given == "application/json" or (given.startswith("application/") and given.endswith("+json")):
        return
    raise Problem("wrong-type", "Send JSON, with the header `Content-Type: application/json`.")
