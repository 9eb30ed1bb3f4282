"""`GET /v1/system`: what runs now."""

from __future__ import annotations

import logging
from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from serve_app.api.answering import json_response
from serve_app.api.context import ApiContext, CallerIn, Context
from serve_app.api.problems import problems
from serve_app.api.routing import needs, router
from serve_app.api.schemas.system import PolicyOut, SystemOut
from serve_app.contracts import SystemState, TrafficPolicy
from trending.llm.protocol import EngineCard

_log = logging.getLogger(__name__)


def routes() -> APIRouter:
    """The routes of this module."""
    group = router("system")
    group.add_api_route(
        "/v1/system",
        system,
        methods=["GET"],
        summary="Models, traffic and vitals",
        response_model=SystemOut,
        responses=problems(),
        openapi_extra=needs("read"),
    )
    return group


async def system(context: Context, caller: CallerIn) -> Response:
    """Models, the traffic split, and the last minutes of this gateway. Details need the scope `admin`."""
    classifiers = context.services.classifiers
    policy = await classifiers.policy()
    state = SystemState(
        models=await classifiers.cards(),
        llm=await _language_model(context),
        policy=policy,
        vitals=context.vitals.seconds(),
        details=_details(context, policy) if caller.is_admin else {},
    )
    # Folders and faults name files of this machine: they are details.
    split = {name: getattr(policy, name) for name in PolicyOut.model_fields}
    return json_response({**vars(state), "policy": split})


async def _language_model(context: ApiContext) -> EngineCard | None:
    try:
        return await context.services.llm.card()
    except Exception as error:  # noqa: BLE001 (the page shows the rest of the system also when this part is down)
        _log.warning("The language model does not answer: %s", error)
        return None


def _details(context: ApiContext, policy: TrafficPolicy) -> dict[str, Any]:
    serve = context.settings.serve
    return {
        "faults": policy.faults,
        "folders": policy.folders,
        "keys": "open" if context.admission.keys.is_open else "required",
        "max_body_kb": serve.max_body_kb,
        "rate_per_minute": serve.rate_per_minute,
        "answer_cache": {"kept": len(context.rows), "hits": context.rows.hits, "misses": context.rows.misses},
        "started": context.started,
    }
