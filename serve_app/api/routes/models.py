"""`GET /v1/models`, in OpenAI's shape."""

from __future__ import annotations

from typing import Any, Literal

from fastapi import APIRouter
from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import Response

from serve_app.api.answering import read_of_content
from serve_app.api.context import Context
from serve_app.api.problems import problems
from serve_app.api.routing import needs, router


class ModelObject(BaseModel):
    """A model."""

    id: str = Field(description="Of a classifier: `KIND:VERSION`. Of the language model: its name.")
    object: Literal["model"]
    created: int = Field(description="When this gateway started, in seconds since 1970.")
    owned_by: str = Field(description="`trending/classifier` or `trending/llm`.")


class ModelList(BaseModel):
    """All models."""

    object: Literal["list"]
    data: list[ModelObject]


def routes() -> APIRouter:
    """The routes of this module."""
    group = router("chat")
    group.add_api_route(
        "/v1/models",
        models,
        methods=["GET"],
        summary="The models that answer",
        response_model=ModelList,
        responses={304: {"description": "Unchanged"}, **problems(502, 504)},
        openapi_extra=needs("read"),
    )
    return group


async def models(request: Request, context: Context) -> Response:
    """Classifiers and the language model. Only the language model can be asked at `/v1/chat/completions`."""
    policy = await context.services.classifiers.policy()
    found = [f"{policy.champion_kind}:{policy.champion}"]
    if policy.challenger:
        found.append(f"{policy.challenger_kind}:{policy.challenger}")
    found += [f"{kind}:{version}" for kind, version in policy.fallbacks]
    card = await context.services.llm.card()
    data = [_model(name, "classifier", context.started) for name in dict.fromkeys(found)]
    if card.engine != "none":
        data.append(_model(card.model, "llm", context.started))
    return read_of_content(request, {"object": "list", "data": data})


def _model(name: str, kind: str, created: int) -> dict[str, Any]:
    return {"id": name, "object": "model", "created": created, "owned_by": f"trending/{kind}"}
