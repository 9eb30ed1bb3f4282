"""The class of all routes under /v1: who asks is checked before the body is read, and errors get their words."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import APIRouter
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response

from serve_app.api.context import ApiContext
from serve_app.api.faults import NO_PLACE, no_place, problem_of
from serve_app.api.keys import Scope
from serve_app.api.problems import Problem

SCOPE = "x-scope"
"""Where an operation of the OpenAPI document names the scope it needs."""


def router(tag: str, *, sheds: bool = False) -> APIRouter:
    """A router for routes that need an API key, where there are keys. With `sheds` they are refused unread while the
    classifiers have no place."""
    return APIRouter(tags=[tag], route_class=SheddingRoute if sheds else KeyedRoute)


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


class SheddingRoute(KeyedRoute):
    """One that stands on the classifiers alone, and whose requests cost nothing while those have no place."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler, asked only where there may be a place."""
        handler = super().get_route_handler()

        async def shed(request: Request) -> Response:
            shedding = request.app.state.context.shedding
            if shedding.refuses:
                raise no_place()
            try:
                return await handler(request)
            except Problem as problem:
                if problem.detail == NO_PLACE:
                    shedding.found_full()
                raise

        return shed


def _check_content_type(request: Request) -> None:
    given = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if given == "application/json" or (given.startswith("application/") and given.endswith("+json")):
        return
    raise Problem("wrong-type", "Send JSON, with the header `Content-Type: application/json`.")
