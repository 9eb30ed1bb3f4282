"""`POST /v1/genres`."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body
from starlette.responses import Response

from serve_app.api.answering import json_response
from serve_app.api.classifying import answer_of, classify, info_of
from serve_app.api.context import CallerIn, Context, RequestId
from serve_app.api.documents import documents_of
from serve_app.api.problems import problems
from serve_app.api.routing import needs, router
from serve_app.api.schemas.genres import GenresIn, GenresResponse, TitleIn


def routes() -> APIRouter:
    """The routes of this module."""
    group = router("genres", sheds=True)
    group.add_api_route(
        "/v1/genres",
        genres,
        methods=["POST"],
        summary="Classify titles",
        response_model=GenresResponse,
        responses=problems(400, 413, 415, 422),
        openapi_extra=needs("read"),
    )
    return group


async def genres(
    body: Annotated[GenresIn, Body()], context: Context, caller: CallerIn, request_id: RequestId
) -> Response:
    """Genres of one to 256 titles, with the model that gave them and its snapshot."""
    titles = [body] if isinstance(body, TitleIn) else body.titles
    card = await context.services.classifiers.champion()
    documents = await documents_of(titles, max_reviews=card.max_reviews)
    answered = await classify(context, documents, key=caller.key, request_id=request_id)
    model = answered.classified.model
    rows = answered.classified.probabilities
    results = [answer_of(title.title, row, model) for title, row in zip(titles, rows, strict=True)]
    return json_response({"model": info_of(model), "arm": answered.arm, "results": results})
