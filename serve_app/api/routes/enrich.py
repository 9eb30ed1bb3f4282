"""`POST /v1/enrich`: the whole answer, or its parts as they come."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Body
from starlette.requests import Request
from starlette.responses import Response

from serve_app.api.answering import json_response
from serve_app.api.context import ApiContext, CallerIn, Context
from serve_app.api.problems import problems
from serve_app.api.routes.titles import stored_title
from serve_app.api.routing import needs, router
from serve_app.api.schemas.enrich import EnrichById, EnrichIn, EnrichmentOut, EnrichText
from serve_app.api.streaming import EVENT_STREAM, EVENTS, event_bytes, event_response, while_connected
from trending.enrichment.schema import EnrichmentInput

_STREAM: dict[str, Any] = {
    "description": "The enrichment; with `Accept: text/event-stream` its parts as events: `genres` at once, `draft` "
    "as the summary grows, `note` where an answer was not believed, and last `done` with the enrichment.",
    "content": EVENTS,
}


def routes() -> APIRouter:
    """The routes of this module."""
    group = router("enrich")
    group.add_api_route(
        "/v1/enrich",
        enrich,
        methods=["POST"],
        summary="Genres, summary, vibe score and tags of one title",
        response_model=EnrichmentOut,
        responses={200: _STREAM, **problems(400, 404, 413, 415, 422, 502, 504)},
        openapi_extra=needs("write"),
    )
    return group


async def enrich(
    request: Request, body: Annotated[EnrichIn, Body()], context: Context, caller: CallerIn
) -> Response:
    """The chain of classifier and language model. Each part of the answer says on which rung it stands."""
    title = await _input_of(context, body)
    enricher = context.services.enricher
    if _wants_events(request):
        return await event_response(request, enricher.stream(title, key=caller.key), _events)
    enrichment = await while_connected(request, enricher.enrich(title, key=caller.key))
    return json_response(enrichment_json(enrichment.as_json()))


def enrichment_json(enrichment: Mapping[str, Any]) -> dict[str, Any]:
    """An enrichment in the API's words: genres with their probabilities, instead of both apart."""
    words = dict(enrichment)
    words["genres"] = _with_probabilities(words["genres"], words.pop("probabilities", {}))
    return words


async def _input_of(context: ApiContext, body: EnrichById | EnrichText) -> EnrichmentInput:
    if isinstance(body, EnrichText):
        return EnrichmentInput(body.title, body.plot, tuple(body.reviews), tuple(body.ratings))
    found = await stored_title(context, body.title_id)
    return EnrichmentInput(
        found.summary.title,
        found.plot,
        found.reviews,
        found.ratings,
        title_id=found.summary.title_id,
        release_year=found.summary.release_year,
    )


def _wants_events(request: Request) -> bool:
    return EVENT_STREAM in request.headers.get("accept", "")


async def _events(items: AsyncIterator[Mapping[str, Any]]) -> AsyncIterator[bytes]:
    async for item in items:
        data = {name: value for name, value in item.items() if name != "event"}
        if "genres" in data:
            data["genres"] = _with_probabilities(data["genres"], data.get("probabilities", {}))
        if "enrichment" in data:
            data["enrichment"] = enrichment_json(data["enrichment"])
        yield event_bytes(data, name=item["event"])


def _with_probabilities(genres: Sequence[Any], probabilities: Mapping[str, float]) -> list[Any]:
    return [
        {"genre": genre, "probability": probabilities.get(genre, 0.0)} if isinstance(genre, str) else genre
        for genre in genres
    ]
