"""`/docs`: Swagger UI from an installed package, under the strict Content-Security-Policy. No CDN."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from importlib.util import find_spec
from pathlib import Path

from fastapi import FastAPI
from starlette.responses import FileResponse, Response

from trending.errors import ServiceError

_FILES = {"swagger-ui-bundle.js": "text/javascript", "swagger-ui.css": "text/css"}
_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Trending Now: the API</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/docs/swagger-ui.css">
</head>
<body>
<main id="api"></main>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
</body>
</html>
"""
_START = """SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#api",
  deepLinking: true,
  defaultModelsExpandDepth: 0,
  validatorUrl: null,
});
"""
# Swagger UI writes `style` attributes and icons as data: addresses. Scripts stay our own files.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; font-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def mount(api: FastAPI) -> None:
    """Serve the page and its files. Raises `ServiceError` where Swagger UI is not installed."""
    folder = swagger_folder()

    async def page() -> Response:
        return Response(_PAGE, media_type="text/html", headers={"Content-Security-Policy": _POLICY})

    async def start() -> Response:
        return Response(_START, media_type="text/javascript")

    api.add_api_route("/docs", page, methods=["GET"], include_in_schema=False)
    api.add_api_route("/docs/start.js", start, methods=["GET"], include_in_schema=False)
    for name, media_type in _FILES.items():
        api.add_api_route(
            f"/docs/{name}", _file(folder / name, media_type), methods=["GET"], include_in_schema=False
        )


def swagger_folder() -> Path:
    """Where the package fastapi-swagger keeps Swagger UI; the package itself is not imported."""
    spec = find_spec("fastapi_swagger")
    for location in (spec.submodule_search_locations or []) if spec else []:
        folder = Path(location) / "resources"
        if all((folder / name).is_file() for name in _FILES):
            return folder
    raise ServiceError(
        "The page /docs is drawn by Swagger UI, which comes in the package fastapi-swagger, and it is not there. "
        "Install the project's requirements again: make setup"
    )


def _file(path: Path, media_type: str) -> Callable[[], Awaitable[Response]]:
    async def answer() -> Response:
        return FileResponse(path, media_type=media_type, headers={"Cache-Control": "public, max-age=3600"})

    return answer
