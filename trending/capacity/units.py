"""Amounts as people write them: `100M`, `1.8M`, `5k`, `20_000`."""

from __future__ import annotations

import re

from trending.errors import CapacityError

FACTORS = {"": 1, "k": 10**3, "m": 10**6, "b": 10**9, "g": 10**9}
AMOUNT = re.compile(r"^(?P<number>\d[\d_,]*(?:\.\d+)?)\s*(?P<unit>[a-z]?)$", re.IGNORECASE)


def parse_amount(word: str, what: str) -> float:
    """The number that a word stands for; `k` is thousand, `M` million, `B` or `G` a thousand million.

    `what` names it in the message of the `CapacityError` that is raised for anything else, and for less than nothing.
    """
    found = AMOUNT.match(word.strip())
    factor = FACTORS.get(found["unit"].lower()) if found else None
    if found is None or factor is None:
        raise CapacityError(f"{what} {word!r} is no amount. Write 5000, 5k, 1.8M or 1B.")
    return float(re.sub(r"[_,]", "", found["number"])) * factor


def short(amount: float) -> str:
    """The amount as a person would write it: `100M`, `1.8M`, `5k`, `36`."""
    for unit, factor in (("T", 1e12), ("B", 1e9), ("M", 1e6), ("k", 1e3)):
        if amount >= factor:
            return f"{amount / factor:.3g}{unit}"
    return f"{amount:.3g}"
