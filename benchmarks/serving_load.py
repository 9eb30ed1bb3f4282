"""Load on an HTTP service, from a process of its own: `python -m benchmarks.serving_load < PLAN.json`.

Closed loop: so many clients, each asking again as soon as it is answered. Open loop: requests at random moments
(a Poisson process) at a mean rate, whether or not the earlier ones were answered; their latency counts from the
moment at which they were due.
"""

from __future__ import annotations

import asyncio
import json
import random
import secrets
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

NUMBER = "~N~"
"""In a body: stands for a number that no other request has, so that no answer comes from a cache."""


@dataclass(frozen=True)
class LoadPlan:
    """What is asked, how often, for how long."""

    address: str
    path: str
    bodies: list[str]
    """JSON, taken in turn."""
    titles: int = 1
    """In each body."""
    clients: int | None = None
    """Of a closed loop."""
    rate: float | None = None
    """Requests a second of an open loop."""
    seconds: float = 5.0
    warmup_s: float = 1.0
    """Before the measured seconds, at the same load."""
    max_requests: int = 20_000
    timeout_s: float = 30.0
    salt: str = field(default_factory=lambda: secrets.token_hex(2))
    """Before the numbers of a run: another for each."""
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Call:
    """One request. Times are seconds from the start of the measured ones."""

    began: float
    ended: float
    status: int
    """0: no answer: refused, reset or too late."""
    retry_after: bool

    @property
    def seconds(self) -> float:
        """Latency."""
        return self.ended - self.began


@dataclass(frozen=True)
class Load:
    """What came of a plan."""

    clients: int | None
    rate: float | None
    titles_per_body: int
    requests_per_s: float
    """Answered with 200. A request that is only partly within the measured seconds counts with that part."""
    titles_per_s: float
    p50_ms: float
    p95_ms: float
    p99_ms: float
    statuses: dict[str, int]
    client_cpu: float
    """Share of one core that the load generator itself used."""

    @property
    def errors(self) -> int:
        """Requests without an answer, or answered with 5xx other than 503, or with 4xx."""
        return sum(n for status, n in self.statuses.items() if status not in ("200", "503"))

    @property
    def refused(self) -> int:
        """Requests answered with 503."""
        return self.statuses.get("503", 0)


def run_load(plan: LoadPlan) -> tuple[Load, list[Call]]:
    """Carry a plan out in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.serving_load"],
        input=json.dumps(asdict(plan)), capture_output=True, text=True, check=False,
        timeout=plan.warmup_s + plan.seconds + plan.timeout_s + 60,
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(f"the load generator failed:\n{done.stderr[-2000:]}")
    found = json.loads(done.stdout)
    calls = [Call(*call) for call in found["calls"]]
    return summarise(plan, calls, found["cpu"]), calls


def summarise(plan: LoadPlan, calls: Sequence[Call], cpu: float = 0.0) -> Load:
    """Rates and percentiles of the measured seconds."""
    measured = [call for call in calls if call.ended > 0 and call.began < plan.seconds]
    answered = [call for call in measured if call.status == 200]
    per_s = sum(part_within(call, plan.seconds) for call in answered) / plan.seconds
    p50, p95, p99 = percentiles_ms([call.seconds for call in answered])
    return Load(
        clients=plan.clients,
        rate=plan.rate,
        titles_per_body=plan.titles,
        requests_per_s=per_s,
        titles_per_s=per_s * plan.titles,
        p50_ms=p50,
        p95_ms=p95,
        p99_ms=p99,
        statuses={str(k): n for k, n in Counter(call.status for call in measured).items()},
        client_cpu=cpu,
    )


def part_within(call: Call, seconds: float) -> float:
    """Share of a request's time that lies between 0 and `seconds`."""
    inside = min(call.ended, seconds) - max(call.began, 0.0)
    return max(0.0, inside) / max(call.seconds, 1e-9)


def percentiles_ms(seconds: Sequence[float]) -> tuple[float, float, float]:
    """50th, 95th and 99th, in milliseconds; not a number of nothing."""
    if not seconds:
        return float("nan"), float("nan"), float("nan")
    p50, p95, p99 = np.percentile(np.asarray(seconds) * 1000, [50, 95, 99])
    return float(p50), float(p95), float(p99)


async def carry_out(plan: LoadPlan) -> dict[str, Any]:
    """The calls of a plan, and the CPU that making them took."""
    import aiohttp

    timeout = aiohttp.ClientTimeout(total=plan.timeout_s)
    headers = {"content-type": "application/json", **plan.headers}
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector, timeout=timeout, headers=headers) as session:
        caller = Caller(plan, session)
        cpu, wall = time.process_time(), time.perf_counter()
        await (caller.closed_loop() if plan.clients else caller.open_loop())
        busy = (time.process_time() - cpu) / (time.perf_counter() - wall)
    calls = [(call.began, call.ended, call.status, call.retry_after) for call in caller.calls]
    return {"calls": calls, "cpu": busy}


class Caller:
    """Makes the requests of a plan and notes how they went."""

    def __init__(self, plan: LoadPlan, session: Any) -> None:
        self.calls: list[Call] = []
        self._plan, self._session = plan, session
        self._url = plan.address + plan.path
        self._made = 0
        self._random = random.Random(7)
        self._zero = time.perf_counter() + plan.warmup_s

    async def closed_loop(self) -> None:
        """Each client asks until the time is over; the requests then under way are waited for."""

        async def client() -> None:
            while self._now() < self._plan.seconds and self._made < self._plan.max_requests:
                await self._call(self._now())

        await asyncio.gather(*(client() for _ in range(self._plan.clients or 1)))

    async def open_loop(self) -> None:
        """Requests at random moments, all waited for."""
        due, tasks = -self._plan.warmup_s, []
        rate = self._plan.rate or 1.0
        while due < self._plan.seconds and len(tasks) < self._plan.max_requests:
            await asyncio.sleep(max(0.0, due - self._now()))
            tasks.append(asyncio.create_task(self._call(due)))
            due += self._random.expovariate(rate)
        await asyncio.gather(*tasks)

    def _now(self) -> float:
        return time.perf_counter() - self._zero

    async def _call(self, began: float) -> None:
        import aiohttp

        number, self._made = self._made, self._made + 1
        body = self._plan.bodies[number % len(self._plan.bodies)].replace(
            NUMBER, f"{self._plan.salt}{number}"
        )
        status, retry_after = 0, False
        try:
            async with self._session.post(self._url, data=body.encode()) as reply:
                await reply.read()
                status, retry_after = reply.status, "Retry-After" in reply.headers
        except (aiohttp.ClientError, TimeoutError):
            pass  # status 0 says it
        self.calls.append(Call(began, self._now(), status, retry_after))


def main() -> None:
    """A plan from standard input, its calls to standard output."""
    import gc

    plan = LoadPlan(**json.load(sys.stdin))
    gc.freeze()
    json.dump(asyncio.run(carry_out(plan)), sys.stdout)


if __name__ == "__main__":
    main()
