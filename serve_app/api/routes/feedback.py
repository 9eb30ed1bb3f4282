"""`POST /v1/feedback`: a person says that a genre is wrong."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from functools import lru_cache
from typing import Annotated

from fastapi import APIRouter, Body
from starlette.responses import Response

from serve_app.api.answering import json_response
from serve_app.api.context import CallerIn, Context
from serve_app.api.problems import invalid, problems
from serve_app.api.routes.titles import stored_title
from serve_app.api.routing import needs, router
from serve_app.api.schemas.feedback import FeedbackById, FeedbackIn, FeedbackOut, FeedbackText
from serve_app.contracts import Feedback


def routes() -> APIRouter:
    """The routes of this module."""
    group = router("feedback")
    group.add_api_route(
        "/v1/feedback",
        feedback,
        methods=["POST"],
        status_code=201,
        summary="Say that genres are wrong",
        response_model=FeedbackOut,
        responses=problems(400, 404, 413, 415, 422),
        openapi_extra=needs("write"),
    )
    return group


@lru_cache(maxsize=1)
def known_genres() -> tuple[str, ...]:
    """The canonical genres."""
    from trending.catalog.taxonomy import load_taxonomy

    return tuple(load_taxonomy().genres)


async def feedback(body: Annotated[FeedbackIn, Body()], context: Context, caller: CallerIn) -> Response:
    """Kept for the next training. Genres are those of the taxonomy."""
    _check_genres(body)
    if isinstance(body, FeedbackById):
        found = await stored_title(context, body.title_id)
        title_id, title, plot = body.title_id, found.summary.title, found.plot
    else:
        title_id, title, plot = None, body.title, body.plot
    card = await context.services.classifiers.champion()
    kept = Feedback(
        feedback_id=uuid.uuid4().hex,
        title_id=title_id,
        title=title,
        plot=plot,
        wrong=tuple(dict.fromkeys(body.wrong)),
        right=tuple(dict.fromkeys(body.right)),
        comment=body.comment,
        model_version=card.version,
        key_name=caller.name,
        at=datetime.now(UTC).isoformat(),
    )
    await context.services.titles.add_feedback(kept)
    return json_response({"feedback_id": kept.feedback_id}, status=201)


def _check_genres(body: FeedbackById | FeedbackText) -> None:
    if not body.wrong and not body.right:
        raise invalid(("body", "wrong"), "name at least one genre, in `wrong` or in `right`")
    for side in ("wrong", "right"):
        for place, genre in enumerate(getattr(body, side)):
            if genre not in known_genres():
                raise invalid(("body", side, place), f"not a genre; there are: {', '.join(known_genres())}")
    both = sorted({*body.wrong} & {*body.right})
    if both:
        raise invalid(("body", "right"), f"a genre is either wrong or right, not both: {', '.join(both)}")
