"""Values as JSON answers, made once; and the answer "you have that already" (304)."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from pydantic_core import to_json
from starlette.requests import Request
from starlette.responses import Response

API_VERSION = "1"
"""Part of every ETag: another shape of the answers is another answer."""
_READ = {"Cache-Control": "private, no-cache", "Vary": "Authorization"}


def json_bytes(value: Any) -> bytes:
    """JSON in UTF-8. Takes dataclasses and NumPy's numbers; NaN and infinities become null."""
    return to_json(value, inf_nan_mode="null", fallback=_plain)


def json_response(value: Any, *, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """The value as an answer."""
    return Response(json_bytes(value), status, headers, media_type="application/json")


async def read_of_snapshot(
    request: Request, snapshot_id: str, make: Callable[[], Awaitable[Any]]
) -> Response:
    """What `make` gives, or 304 without asking it, if the client has the answer of this snapshot."""
    query = f"{request.url.path}?{request.url.query}"
    headers = {"ETag": etag_of(snapshot_id.encode(), query.encode("utf-8", "replace")), **_READ}
    asked = request.headers.get("if-none-match", "")
    anything = asked.strip() == "*"  # whatever there is: so it must be there
    if not anything and matches(asked, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    value = await make()
    return Response(status_code=304, headers=headers) if anything else json_response(value, headers=headers)


def read_of_content(request: Request, value: Any) -> Response:
    """The value, or 304 if the client has the very same."""
    body = json_bytes(value)
    etag = etag_of(body)
    headers = {"ETag": etag, **_READ}
    if matches(request.headers.get("if-none-match", ""), etag):
        return Response(status_code=304, headers=headers)
    return Response(body, headers=headers, media_type="application/json")


def etag_of(*parts: bytes) -> str:
    """A strong entity tag."""
    digest = hashlib.blake2b(API_VERSION.encode(), digest_size=16)
    for part in parts:
        digest.update(b"\0" + part)
    return f'"{digest.hexdigest()}"'


def matches(if_none_match: str, etag: str) -> bool:
    """Weak comparison, as RFC 9110 has it for `If-None-Match`."""
    tags = (tag.strip().removeprefix("W/") for tag in if_none_match.split(","))
    return any(tag in ("*", etag) for tag in tags)


def _plain(value: Any) -> Any:
    if hasattr(value, "tolist"):
        return value.tolist()
    raise TypeError(f"{type(value).__name__} has no JSON form")
