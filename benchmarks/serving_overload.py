"""What happens at three times the capacity, and how soon it is over."""

from __future__ import annotations

import time
from dataclasses import dataclass

import httpx

from benchmarks.serving_genres import Asked, Rival, plan, start
from benchmarks.serving_load import NUMBER, Load, percentiles_ms, run_load
from benchmarks.serving_processes import Server

FACTOR = 3.0
CALM = 10
"""Requests in a row that must be answered as fast as before for the service to count as recovered."""


@dataclass(frozen=True)
class Overload:
    """One server under too much load."""

    name: str
    capacity_per_s: float
    at_capacity: Load
    """Closed loop, as many clients as gave the most requests a second."""
    overloaded: Load
    refusal_p50_ms: float
    refusal_p99_ms: float
    without_retry_after: int
    """Refusals that do not say when to come again."""
    recovered_s: float
    """From the moment of the last request to the first of `CALM` answers in a row that were as fast as before."""

    @property
    def refused_share(self) -> float:
        """Of all requests of the overload."""
        return self.overloaded.refused / max(1, sum(self.overloaded.statuses.values()))


def measure_overload(rival: Rival, asked: Asked) -> Overload:
    """Capacity first, then three times that at an open loop."""
    with start(rival, asked.texts) as server:
        run_load(plan(server, rival, asked, clients=8, seconds=3))
        quiet, _ = run_load(plan(server, rival, asked, clients=1, seconds=3))
        loads = [run_load(plan(server, rival, asked, clients=n))[0] for n in asked.clients if n > 1]
        full = max(loads, key=lambda load: load.requests_per_s)
        rate = FACTOR * full.requests_per_s
        over, calls = run_load(plan(server, rival, asked, rate=rate, seconds=2 * asked.seconds))
        drained, ended = max(call.ended for call in calls) - 2 * asked.seconds, time.perf_counter()
        calm = time_to_calm(server, rival, asked, limit_ms=2 * quiet.p95_ms) - ended
    refusals = [call for call in calls if call.status == 503]
    p50, _, p99 = percentiles_ms([call.seconds for call in refusals])
    silent = sum(not call.retry_after for call in refusals)
    return Overload(rival.name, full.requests_per_s, full, over, p50, p99, silent, max(0.0, drained) + calm)


def time_to_calm(
    server: Server, rival: Rival, asked: Asked, *, limit_ms: float, give_up_s: float = 60
) -> float:
    """The moment of the first of `CALM` quick answers in a row; infinite where they do not come."""
    bodies = asked.texts.bodies(1)
    until, quick, first = time.perf_counter() + give_up_s, 0, float("inf")
    with httpx.Client(base_url=server.address, timeout=30) as client:
        while time.perf_counter() < until:
            began = time.perf_counter()
            body = bodies[quick % len(bodies)].replace(NUMBER, f"calm{began}")
            reply = client.post(rival.path, content=body, headers={"content-type": "application/json"})
            calm = reply.status_code == 200 and (time.perf_counter() - began) * 1000 <= limit_ms
            first = (first if quick else began) if calm else float("inf")
            quick = quick + 1 if calm else 0
            if quick == CALM:
                return first
    return float("inf")
