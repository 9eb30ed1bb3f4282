"""The OpenAPI document, and the file that holds it: `python -m serve_app.api.openapi` writes `docs/openapi.json`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, cast

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic.json_schema import models_json_schema

from serve_app.api.problems import ProblemDetails
from serve_app.api.routes.feedback import known_genres
from serve_app.api.routing import SCOPE

FILE = Path(__file__).parents[2] / "docs" / "openapi.json"
_REF = "#/components/schemas/{model}"


def describe(api: FastAPI) -> None:
    """Make the API's document say what FastAPI cannot know: problems, keys and scopes, the genres there are."""

    def openapi() -> dict[str, Any]:
        if api.openapi_schema is None:
            document = get_openapi(
                title=api.title, version=api.version, description=api.description, routes=api.routes
            )
            api.openapi_schema = _completed(document)
        return api.openapi_schema

    api.openapi = openapi


def document_text(api: FastAPI) -> str:
    """The document as the file holds it."""
    return json.dumps(api.openapi(), indent=2, ensure_ascii=False, sort_keys=True) + "\n"


def _completed(document: dict[str, Any]) -> dict[str, Any]:
    components = document["components"]
    _, problem = models_json_schema([(ProblemDetails, "serialization")], ref_template=_REF)
    components["schemas"] |= problem["$defs"]
    components["schemas"].pop("HTTPValidationError", None)
    components["schemas"].pop("ValidationError", None)
    for name in ("FeedbackById", "FeedbackText"):
        for side in ("wrong", "right"):
            components["schemas"][name]["properties"][side]["items"] = {
                "type": "string",
                "enum": list(known_genres()),
            }
    components["securitySchemes"] = {
        "key": {"type": "http", "scheme": "bearer", "description": "An API key, where keys are configured."}
    }
    for operations in document["paths"].values():
        for operation in operations.values():
            if SCOPE in operation:
                operation["security"] = [{"key": []}, {}]
    return document


def _main() -> None:
    from serve_app.api.app import build_api
    from serve_app.contracts import Services
    from trending.settings import Settings

    nothing = cast(Any, None)  # the document says what the API is, whatever it stands on
    api = build_api(Services(nothing, nothing, nothing, nothing), Settings())
    FILE.write_text(document_text(api), encoding="utf-8")


if __name__ == "__main__":
    _main()
