"""The API, put together."""

from __future__ import annotations

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from serve_app.api import docs_page
from serve_app.api.admission import Admission
from serve_app.api.cache import RecentlyUsed
from serve_app.api.context import ApiContext, CurrentSnapshot
from serve_app.api.edge import Edge
from serve_app.api.keys import KeyRing
from serve_app.api.limits import RateLimiter
from serve_app.api.openapi import describe
from serve_app.api.problems import on_http_error, on_invalid
from serve_app.api.routes import chat, enrich, feedback, genres, health, models, system, titles
from serve_app.api.vitals import Vitals
from serve_app.contracts import Services
from serve_app.web import mount_web
from trending.settings import Settings

VERSION = "0.1.0"
DESCRIPTION = """Genres, summaries, vibe scores and vibe tags of films and series.

Errors are problem details (RFC 9457, `application/problem+json`). Where API keys are configured, send
`Authorization: Bearer KEY`; the scope that an operation needs is its `x-scope`: `read`, `write` (includes it) or
`admin` (includes both). `X-Request-ID` is taken over if it is sane, made if not, and comes back with every answer.
`X-Client-ID` decides which side of a traffic split answers."""


def build_api(
    services: Services,
    settings: Settings,
    *,
    unavailable: tuple[type[BaseException], ...] = (),
    server_echoes_id: bool = False,
) -> FastAPI:
    """The whole API on these services.

    `unavailable`: errors of the services that mean "busy, gone or not up yet": they are answered 503 with
    `Retry-After`. `server_echoes_id`: what is in front answers with the request's `X-Request-ID` already.

    Raises `ServiceError` where the file of API keys is damaged.
    """
    vitals = Vitals()
    api = FastAPI(
        title="Trending Now",
        version=VERSION,
        description=DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        generate_unique_id_function=lambda route: route.name,
        telemetry={"tracing": False, "metrics": False, "logs": False},
        exception_handlers={HTTPException: on_http_error, RequestValidationError: on_invalid},
    )
    api.add_middleware(
        Edge,
        vitals=vitals,
        max_body_bytes=settings.serve.max_body_kb * 1024,
        server_echoes_id=server_echoes_id,
    )
    api.state.context = ApiContext(
        services=services,
        settings=settings,
        admission=Admission(
            KeyRing(settings.keys_file), RateLimiter(), rate_per_minute=settings.serve.rate_per_minute
        ),
        vitals=vitals,
        rows=RecentlyUsed(settings.serve.answer_cache),
        reasons=RecentlyUsed(settings.serve.answer_cache),
        snapshot=CurrentSnapshot(services.titles),
        unavailable=unavailable,
    )
    for group in (genres, enrich, titles, feedback, chat, models, system, health):
        api.include_router(group.routes())
    docs_page.mount(api)
    mount_web(api)
    describe(api)
    return api
