"""Alive, and ready. No key needed: what asks is a load balancer."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from serve_app.api.answering import json_response
from serve_app.api.context import Context
from serve_app.api.problems import Problem, problems
from serve_app.api.schemas.system import Health

_WAIT_S = 5.0


def routes() -> APIRouter:
    """The routes of this module."""
    group = APIRouter(tags=["health"])
    unexpected: dict[int | str, dict[str, Any]] = {500: problems()[500]}
    group.add_api_route(
        "/healthz", healthz, methods=["GET"], summary="Alive", response_model=Health, responses=unexpected
    )
    group.add_api_route(
        "/readyz",
        readyz,
        methods=["GET"],
        summary="Ready",
        response_model=Health,
        responses={**unexpected, 503: problems()[503]},
    )
    return group


async def healthz() -> Response:
    """200 as long as the gateway answers."""
    return json_response({"status": "ok"})


async def readyz(context: Context) -> Response:
    """200 if the classifier and the title store answer, else 503 that names what does not."""
    services = context.services
    faults = await asyncio.gather(
        _fault("classifier", services.classifiers.champion()),
        _fault("title store", services.titles.snapshot_id()),
    )
    missing = [fault for fault in faults if fault]
    if missing:
        raise Problem("unavailable", "; ".join(missing), retry_after_s=1)
    return json_response({"status": "ready"})


async def _fault(part: str, question: Awaitable[Any]) -> str | None:
    try:
        await asyncio.wait_for(question, _WAIT_S)
    except Exception as error:  # noqa: BLE001 (whatever its fault is, the answer is "not ready")
        return f"{part} not ready ({type(error).__name__})"
    return None
