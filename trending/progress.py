"""How library code tells a person what it is doing, without knowing about terminals."""

from __future__ import annotations

from collections.abc import Callable

Report = Callable[[str], None]
"""Called with a short sentence when a step begins: `report("Cleaning 18,454 rows")`."""


def silent(_message: str) -> None:
    """The `Report` that says nothing."""
