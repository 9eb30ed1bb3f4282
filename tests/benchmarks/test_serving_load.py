from __future__ import annotations

import asyncio
import json
from dataclasses import replace

import pytest
from aiohttp import web

from benchmarks.serving_load import NUMBER, Call, LoadPlan, carry_out, summarise
from benchmarks.serving_texts import Texts

PLAN = LoadPlan("", "/ask", [json.dumps({"n": NUMBER, "body": body}) for body in range(3)], warmup_s=0.0)


def served(plan: LoadPlan, statuses: list[int]) -> tuple[list[Call], list[dict[str, str]]]:
    """Carry a plan out on a server that answers with these statuses, the last for ever."""
    asked: list[dict[str, str]] = []

    async def answer(request: web.Request) -> web.Response:
        asked.append(await request.json())
        status = statuses[min(len(asked), len(statuses)) - 1]
        return web.Response(status=status, headers={"Retry-After": "1"} if status == 503 else {})

    async def both() -> list[Call]:
        app = web.Application()
        app.router.add_post("/ask", answer)
        runner = web.AppRunner(app)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        address = "http://{}:{}".format(*runner.addresses[0][:2])
        try:
            return [Call(*call) for call in (await carry_out(replace(plan, address=address)))["calls"]]
        finally:
            await runner.cleanup()

    return asyncio.run(both()), asked


@pytest.mark.parametrize("load", [{"clients": 3}, {"rate": 5000.0}])
def test_every_request_of_a_loop_is_another_one_and_is_counted(load: dict[str, float]) -> None:
    plan = replace(PLAN, seconds=30.0, max_requests=40, **load)  # type: ignore[arg-type]
    calls, asked = served(plan, [200])
    assert len(calls) == len(asked) >= 40
    assert len({one["n"] for one in asked}) == len(asked)
    assert {one["body"] for one in asked} == {0, 1, 2}
    assert {call.status for call in calls} == {200}


def test_refusals_are_told_from_answers_and_from_faults() -> None:
    calls, _ = served(replace(PLAN, clients=1, seconds=30.0, max_requests=4), [200, 503, 500, 200])
    assert [(call.status, call.retry_after) for call in calls] == [
        (200, False),
        (503, True),
        (500, False),
        (200, False),
    ]
    load = summarise(replace(PLAN, clients=1, seconds=30.0), calls)
    assert (load.refused, load.errors) == (1, 1)


def test_a_server_that_is_gone_gives_errors_not_exceptions() -> None:
    gone = replace(PLAN, address="http://127.0.0.1:9", clients=1, seconds=30.0, max_requests=2)
    calls = [Call(*call) for call in asyncio.run(carry_out(gone))["calls"]]
    assert [call.status for call in calls] == [0, 0]
    assert summarise(gone, calls).errors == 2


def test_rates_count_only_the_part_of_a_request_within_the_measured_seconds() -> None:
    calls = [Call(-1.0, 1.0, 200, False), Call(1.0, 2.0, 200, False), Call(2.0, 12.0, 200, False)]
    load = summarise(replace(PLAN, clients=1, seconds=7.0, titles=4), calls)
    assert load.requests_per_s == pytest.approx((0.5 + 1 + 0.5) / 7)
    assert load.titles_per_s == pytest.approx(4 * load.requests_per_s)
    assert load.p50_ms == pytest.approx(2000)


def test_bodies_hold_so_many_titles_and_no_two_requests_the_same() -> None:
    texts = Texts([{"title": f"T{n}", "plot": f"Plot {n}."} for n in range(10)])
    bodies = texts.bodies(4)
    assert [len(json.loads(body)["titles"]) for body in bodies] == [4, 4]
    titles = [one["title"] for body in bodies for one in json.loads(body.replace(NUMBER, "7"))["titles"]]
    assert len(set(titles)) == 8
    assert all("7-" in title for title in titles)
    assert texts.documents()[0] == "T0 7-0\nPlot 0."
