"""Answers that were given before: least recently used first out, and a version's answers only for that version."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

Value = TypeVar("Value")


class RecentlyUsed(Generic[Value]):
    """A bounded mapping that forgets what was not used for longest."""

    def __init__(self, size: int) -> None:
        """`size` 0 keeps nothing."""
        self.size = size
        self.hits = self.misses = 0
        self._kept: OrderedDict[Hashable, Value] = OrderedDict()

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, key: Hashable) -> Value | None:
        """What was kept, or None."""
        value = self._kept.get(key)
        if value is None:
            self.misses += 1
            return None
        self._kept.move_to_end(key)
        self.hits += 1
        return value

    def put(self, key: Hashable, value: Value) -> None:
        """Keep it."""
        if not self.size:
            return
        self._kept[key] = value
        self._kept.move_to_end(key)
        while len(self._kept) > self.size:
            self._kept.popitem(last=False)


def document_key(document: str, version: str) -> tuple[str, bytes]:
    """Of a document and the version of the model that answered it."""
    return version, hashlib.blake2b(document.encode(), digest_size=16).digest()
