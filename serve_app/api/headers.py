"""Headers that keep browsers from doing more with an answer than they should."""

from __future__ import annotations

from collections.abc import Collection

Headers = list[tuple[bytes, bytes]]

_API_POLICY = b"default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
_PAGE_POLICY = (
    b"default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
    b"font-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
_EVERYWHERE: Headers = [
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
]
_API: Headers = [(b"content-security-policy", _API_POLICY), *_EVERYWHERE, (b"cache-control", b"no-store")]
_PAGE: Headers = [(b"content-security-policy", _PAGE_POLICY), *_EVERYWHERE]
_API_PATHS = ("/v1/", "/healthz", "/readyz", "/openapi.json")


def security_headers(path: str, present: Collection[bytes]) -> Headers:
    """Those that the answer at this path does not have yet."""
    wanted = _API if path.startswith(_API_PATHS) else _PAGE
    return [pair for pair in wanted if pair[0] not in present]
