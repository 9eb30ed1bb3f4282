"""API keys: 256 random bits each, of which only the SHA-256 is kept, in one file that its owner alone can read."""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
import os
import secrets
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, get_args

from trending.errors import ServiceError

Scope = Literal["read", "write", "admin"]
SCOPES: tuple[Scope, ...] = get_args(Scope)
"""Each includes those before it."""
PREFIX = "tn_"
_LOOK_EVERY_S = 1.0
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class ApiKey:
    """What is kept of a key."""

    name: str
    sha256: str
    scopes: tuple[Scope, ...]
    rate_per_minute: int | None
    """None: that of the settings."""
    created: str

    def allows(self, needed: Scope) -> bool:
        """Whether one of its scopes is `needed` or includes it."""
        return any(SCOPES.index(scope) >= SCOPES.index(needed) for scope in self.scopes)


class KeyFile:
    """The file of keys. Changes replace it whole, so that a reader never sees half of one."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self) -> tuple[ApiKey, ...]:
        """All keys. Raises `ServiceError` where the file is damaged, `FileNotFoundError` where there is none."""
        text = self.path.read_text(encoding="utf-8")
        try:
            return tuple(_key(row) for row in json.loads(text)["keys"])
        except (ValueError, KeyError, TypeError) as error:
            raise ServiceError(
                f"{self.path}: not a file of API keys ({error}). Restore it, or remove it and make new keys "
                "with `trending keys add`."
            ) from error

    def keys(self) -> tuple[ApiKey, ...]:
        """All keys, none where there is no file."""
        try:
            return self.read()
        except FileNotFoundError:
            return ()

    def add(
        self, name: str, scopes: tuple[Scope, ...], *, rate_per_minute: int | None = None
    ) -> tuple[str, ApiKey]:
        """Make a key and keep its hash; returns the key itself, which nobody can read again."""
        kept = self.keys()
        if any(key.name == name for key in kept):
            raise ServiceError(
                f"{self.path}: there is a key named {name!r} already. Revoke it first, or choose another name."
            )
        secret = PREFIX + secrets.token_urlsafe(32)
        created = datetime.now(UTC).isoformat(timespec="seconds")
        key = ApiKey(name, hash_of(secret), scopes, rate_per_minute, created)
        self._replace((*kept, key))
        return secret, key

    def revoke(self, name: str) -> None:
        """Forget a key. The last one leaves an empty file: the service stays closed, not open."""
        kept = self.keys()
        left = tuple(key for key in kept if key.name != name)
        if len(left) == len(kept):
            names = ", ".join(key.name for key in kept) or "none"
            raise ServiceError(f"{self.path}: there is no key named {name!r}. There are: {names}.")
        self._replace(left)

    def _replace(self, keys: tuple[ApiKey, ...]) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps({"keys": [asdict(key) for key in keys]}, indent=2)
        # mkstemp makes the file with mode 600, so that the hashes are at no moment readable by others.
        handle, temporary = tempfile.mkstemp(dir=self.path.parent, prefix=self.path.name)
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            Path(temporary).replace(self.path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise


class KeyRing:
    """The keys as the service knows them: read again when the file changes.

    Without a file the service is open. A file that vanishes or gets damaged while the service runs does not open it:
    the keys read last stay.
    """

    def __init__(self, path: Path, *, clock: Callable[[], float] = time.monotonic) -> None:
        """Raises `ServiceError` where the file is damaged from the start."""
        self._file = KeyFile(path)
        self._clock = clock
        self._stamp = self._stamp_now()
        self._keys = self._file.read() if self._stamp else None
        self._looked = clock()

    @property
    def is_open(self) -> bool:
        """True where no keys are configured: everybody may do everything."""
        self._refresh()
        return self._keys is None

    def find(self, secret: str) -> ApiKey | None:
        """The key that this is. Every key is compared, each in constant time."""
        self._refresh()
        given = hash_of(secret)
        found: ApiKey | None = None
        for key in self._keys or ():
            if hmac.compare_digest(key.sha256, given):
                found = key
        return found

    def _refresh(self) -> None:
        now = self._clock()
        if now - self._looked < _LOOK_EVERY_S:
            return
        self._looked = now
        stamp = self._stamp_now()
        if stamp is None or stamp == self._stamp:
            return
        try:
            self._keys = self._file.read()
            self._stamp = stamp
        except (OSError, ServiceError) as error:
            _log.warning("The keys stay as they were: %s", error)

    def _stamp_now(self) -> tuple[int, int, int] | None:
        try:
            status = self._file.path.stat()
        except FileNotFoundError:
            return None
        return status.st_mtime_ns, status.st_size, status.st_ino


def hash_of(secret: str) -> str:
    """SHA-256 of a key: enough, since a key is 256 random bits that nobody can try out."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def _key(row: dict[str, object]) -> ApiKey:
    scopes, rate = row["scopes"], row["rate_per_minute"]
    if not isinstance(scopes, list) or not set(scopes) <= set(SCOPES):
        raise ValueError(f"unknown scopes {scopes!r}")
    if rate is not None and not isinstance(rate, int):
        raise ValueError(f"not a rate: {rate!r}")
    return ApiKey(str(row["name"]), str(row["sha256"]), tuple(scopes), rate, str(row["created"]))
