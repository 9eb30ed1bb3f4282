"""How library code tells a person what it is doing, without knowing about terminals."""

from __future__ import annotations

from typing import Protocol


class Report(Protocol):
    """Called when a step begins: `report("Cleaning titles")`; again with `done` of `total` as it goes on."""

    def __call__(self, message: str, /, done: int | None = None, total: int | None = None) -> None:
        """A step begins, or has come to `done` of `total`."""
        ...


def silent(message: str, /, done: int | None = None, total: int | None = None) -> None:
    """The `Report` that says nothing."""
