"""The page that people look at: files served as they are, under a strict Content-Security-Policy."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.responses import FileResponse
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from trending.errors import TrendingError

ASSETS = Path(__file__).parent / "assets"
CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "connect-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cache-Control": "no-cache",  # kept, but asked about: the files change with a release, under the same names
}
PAGES = ("/", "/title/{title_id:path}", "/try", "/system")
"""Addresses that the page's own router understands; each is answered with the same file."""


class PageFileMissingError(TrendingError):
    """A file that the page needs is not installed."""


def mount_web(api: FastAPI) -> None:
    """Serve the page at `/` and its files under `/assets`. None of it is part of the API's schema.

    Raises `PageFileMissingError` where the package that holds D3 is not installed.
    """
    d3 = d3_file()

    async def page() -> FileResponse:
        return FileResponse(ASSETS / "index.html", media_type="text/html", headers=HEADERS)

    async def d3_script() -> FileResponse:
        return FileResponse(d3, media_type="text/javascript", headers=HEADERS)

    for path in PAGES:
        api.add_api_route(path, page, methods=["GET", "HEAD"], include_in_schema=False)
    api.add_api_route("/assets/d3.js", d3_script, methods=["GET", "HEAD"], include_in_schema=False)
    api.mount("/assets", _Assets(directory=ASSETS), name="assets")


def d3_file() -> Path:
    """D3 version 5 as the package mpld3 ships it. The package itself is not imported: it would load matplotlib."""
    spec = find_spec("mpld3")
    for folder in (spec.submodule_search_locations or []) if spec else []:
        script = Path(folder) / "js" / "d3.v5.min.js"
        if script.is_file():
            return script
    raise PageFileMissingError(
        "The page draws with D3, which comes in the package mpld3 (mpld3/js/d3.v5.min.js), and it is not there. "
        "Install the project's requirements again: make setup"
    )


class _Assets(StaticFiles):
    """The page's files, each with the page's headers."""

    async def get_response(self, path: str, scope: Scope) -> Any:
        response = await super().get_response(path, scope)
        response.headers.update(HEADERS)
        return response
