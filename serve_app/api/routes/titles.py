"""The catalogue: lists, one title, its genres and why, neighbours, facets."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from starlette.requests import Request
from starlette.responses import Response

from serve_app.api.answering import read_of_content, read_of_snapshot
from serve_app.api.cache import document_key
from serve_app.api.classifying import answer_of, classify, info_of
from serve_app.api.context import ApiContext, CallerIn, Context, Reasons, RequestId
from serve_app.api.documents import document_of_stored
from serve_app.api.problems import Problem, problems
from serve_app.api.routing import needs, router
from serve_app.api.schemas import TitleId
from serve_app.api.schemas.genres import StoredTitleGenres
from serve_app.api.schemas.titles import (
    MAX_LIMIT,
    FacetsOut,
    SimilarOut,
    TitleDetailOut,
    TitlesIn,
    TitlesOut,
)
from serve_app.contracts import TitleDetail, TitlePage

_Id = Annotated[TitleId, Path(description="As the lists name it.")]
_Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT)]
_UNCHANGED: dict[int | str, dict[str, Any]] = {
    304: {"description": "Unchanged since the answer whose ETag was sent in `If-None-Match`"}
}


def routes() -> APIRouter:
    """The routes of this module."""
    group = router("titles")
    for path, endpoint, summary, model in (
        ("/v1/titles", titles, "Search and filter titles", TitlesOut),
        ("/v1/trending", trending, "What is new and rated highest", TitlesOut),
        ("/v1/facets", facets, "Values to filter by", FacetsOut),
        ("/v1/titles/{title_id}", title, "One title", TitleDetailOut),
        ("/v1/titles/{title_id}/genres", title_genres, "Genres of one title, and why", StoredTitleGenres),
        ("/v1/similar/{title_id}", similar, "The nearest plots", SimilarOut),
    ):
        missing = (404,) if "{" in path else ()
        invalid = () if path == "/v1/facets" else (422,)
        group.add_api_route(
            path,
            endpoint,
            methods=["GET"],
            summary=summary,
            response_model=model,
            responses={**_UNCHANGED, **problems(*missing, *invalid)},
            openapi_extra=needs("read"),
        )
    return group


async def titles(request: Request, context: Context, asked: Annotated[TitlesIn, Query()]) -> Response:
    """One page of the titles that pass all filters."""

    async def make() -> dict[str, Any]:
        page = await context.services.titles.search(asked.query())
        return _page(page, asked.offset, asked.limit)

    return await read_of_snapshot(request, await context.snapshot.get(), make)


async def trending(request: Request, context: Context, limit: _Limit = 20) -> Response:
    """Recent titles, those with the highest vibe scores first."""

    async def make() -> dict[str, Any]:
        return _page(await context.services.titles.trending(limit), 0, limit)

    return await read_of_snapshot(request, await context.snapshot.get(), make)


async def facets(request: Request, context: Context) -> Response:
    """Genres, platforms, kinds and vibe tags, with their numbers of titles."""

    async def make() -> dict[str, Any]:
        found = await context.services.titles.facets()
        return {
            name: [{"value": value, "count": count} for value, count in found.get(name, ())]
            for name in FacetsOut.model_fields
        }

    return await read_of_snapshot(request, await context.snapshot.get(), make)


async def title(request: Request, context: Context, title_id: _Id) -> Response:
    """All that is kept about a title."""

    async def make() -> dict[str, Any]:
        found = await stored_title(context, title_id)
        return {
            **vars(found.summary),
            "plot": found.plot,
            "countries": found.countries,
            "language": found.language,
            "reviews": found.reviews,
            "ratings": found.ratings,
            "enrichment": found.enrichment,
        }

    return await read_of_snapshot(request, await context.snapshot.get(), make)


async def title_genres(
    request: Request, context: Context, caller: CallerIn, request_id: RequestId, title_id: _Id
) -> Response:
    """What the classifier says about a title of the catalogue, and the words that decided."""
    found = await stored_title(context, title_id)
    card = await context.services.classifiers.champion()
    document = document_of_stored(found, max_reviews=card.max_reviews)
    answered = await classify(context, [document], key=caller.key, request_id=request_id)
    model = answered.classified.model
    why = await explained(context, document, card.version)
    return read_of_content(
        request,
        {
            **answer_of(found.summary.title, answered.classified.probabilities[0], model),
            "model": info_of(model),
            "arm": answered.arm,
            "why": {
                genre: [{"word": word, "weight": weight} for word, weight in words]
                for genre, words in why.items()
            },
        },
    )


async def similar(request: Request, context: Context, title_id: _Id, limit: _Limit = 10) -> Response:
    """Titles whose plots are nearest in meaning."""

    async def make() -> dict[str, Any]:
        found = await context.services.titles.similar(title_id, limit)
        if found is None:
            raise _unknown(title_id)
        return {"items": [{**vars(one.title), "similarity": one.similarity} for one in found]}

    return await read_of_snapshot(request, await context.snapshot.get(), make)


async def stored_title(context: ApiContext, title_id: str) -> TitleDetail:
    """The title. Raises a 404 `Problem` where there is none."""
    found = await context.services.titles.get(title_id)
    if found is None:
        raise _unknown(title_id)
    return found


async def explained(context: ApiContext, document: str, champion: str) -> Reasons:
    """The words that decided for the champion, from the cache where it was asked before."""
    key = document_key(document, champion)
    why = context.reasons.get(key)
    if why is None:
        why = await context.services.classifiers.explain(document)
        context.reasons.put(key, why)
    return why


def _page(page: TitlePage, offset: int, limit: int) -> dict[str, Any]:
    return {
        "items": page.items,
        "total": page.total,
        "offset": offset,
        "limit": limit,
        "snapshot_id": page.snapshot_id,
    }


def _unknown(title_id: str) -> Problem:
    return Problem("not-found", f"There is no title {title_id!r} in the catalogue.")
