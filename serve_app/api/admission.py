"""Who asks, and may they: API keys, scopes, rates, and the key of the traffic split."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

from starlette.requests import Request

from serve_app.api.keys import ApiKey, KeyRing, Scope
from serve_app.api.limits import RateLimiter
from serve_app.api.problems import Problem

_SANE = re.compile(r"[0-9A-Za-z_.:@/+=-]{1,128}")
_CHALLENGE = {"WWW-Authenticate": 'Bearer realm="trending"'}


@dataclass(frozen=True)
class Caller:
    """Who asks."""

    name: str
    """Of the API key; empty where no keys are configured."""
    key: str
    """What the traffic split hangs on: the same caller always meets the same model."""
    is_admin: bool


class Admission:
    """Lets a request in, or says why not."""

    def __init__(self, keys: KeyRing, rates: RateLimiter, *, rate_per_minute: int) -> None:
        self.keys = keys
        self._rates = rates
        self._rate_per_minute = rate_per_minute

    def admit(self, request: Request, needed: Scope) -> Caller:
        """The caller. Raises a `Problem`: 401 without a key, 403 with too little of one, 429 for too many requests.

        Without keys everybody is let in, and nobody is counted: the service listens to its own machine only.
        """
        if self.keys.is_open:
            return Caller("", _sticky_key(request, ""), is_admin=True)
        key = self._key_of(request)
        if not key.allows(needed):
            raise Problem("not-allowed", f"This needs the scope `{needed}`; the key has {list(key.scopes)}.")
        wait_s = self._rates.take(key.name, key.rate_per_minute or self._rate_per_minute)
        if wait_s:
            rate = key.rate_per_minute or self._rate_per_minute
            raise Problem(
                "too-many-requests", f"The key may ask {rate} times a minute.", retry_after_s=wait_s
            )
        return Caller(key.name, _sticky_key(request, key.name), is_admin=key.allows("admin"))

    def _key_of(self, request: Request) -> ApiKey:
        scheme, _, secret = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not secret.strip():
            raise Problem("no-key", "Send `Authorization: Bearer KEY`.", headers=_CHALLENGE)
        key = self.keys.find(secret.strip())
        if key is None:
            raise Problem("no-key", "This key is not known, or was revoked.", headers=_CHALLENGE)
        return key


def _sticky_key(request: Request, name: str) -> str:
    client_id = request.headers.get("x-client-id", "")
    if _SANE.fullmatch(client_id):
        return client_id
    if name:
        return name
    host = request.client.host if request.client else ""
    return hashlib.sha256(host.encode()).hexdigest()[:16]
