"""Turns: one at a time, and not too many that wait."""

from __future__ import annotations

import asyncio

import pytest

from serve_app.turns import Turns
from trending.errors import ServiceError


def test_one_at_a_time_in_the_order_of_arrival_and_no_more_than_may_wait() -> None:
    async def run() -> list[str]:
        turns, said, go = Turns(2), [], asyncio.Event()

        async def one(name: str) -> None:
            async with turns.turn():
                said.append(f"{name} begins")
                await go.wait()
                said.append(f"{name} ends")

        both = [asyncio.ensure_future(one(name)) for name in ("a", "b")]
        await asyncio.sleep(0)
        with pytest.raises(ServiceError, match="wait already"):
            await one("c")
        go.set()
        await asyncio.gather(*both)
        await one("d")
        return said

    assert asyncio.run(run()) == [f"{name} {what}" for name in "abd" for what in ("begins", "ends")]
