"""`POST /v1/genres` with one model behind every server, one after the other."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.memory import PeakMemory
from benchmarks.serving_ceiling import Ceiling, ceilings
from benchmarks.serving_cpu import cpu_by_process, spent
from benchmarks.serving_load import Load, LoadPlan, run_load
from benchmarks.serving_peers import PATHS
from benchmarks.serving_processes import Server, free_port, running
from benchmarks.serving_texts import Texts

GENRES = "/v1/genres"
SHARES = (0.5, 0.8)
"""Rates of the open loop, as shares of what the server did at its best in the closed one."""
BODY = 64
"""Titles of a large body."""
OURS = "trending serve"


@dataclass(frozen=True)
class Rival:
    """A way to serve the bundle."""

    name: str
    command: tuple[str, ...]
    """`{port}` in it stands for the port."""
    path: str = GENRES
    ready: str = ""
    """Path that answers 200 to a GET once the server is ready; empty: `path`, to a POST."""
    env: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Measured:
    """What one server did."""

    name: str
    closed: list[Load]
    opened: list[Load]
    large: Load
    """Two clients with bodies of many titles."""
    cpu_ms: dict[str, float]
    """CPU time for each title of single-title requests, by process, at the most clients."""
    client_cpu_ms: float
    """The same of the load generator."""
    started_s: float
    peak_mb: float

    @property
    def best_per_s(self) -> float:
        """Most titles a second of single-title requests."""
        return max(load.titles_per_s for load in self.closed)


@dataclass(frozen=True)
class Asked:
    """How every server is asked."""

    texts: Texts
    clients: Sequence[int]
    seconds: float


def rivals(bundle: Path, home: Path) -> list[Rival]:
    """All of them, ours last."""

    def peer(name: str, server: str, model: str) -> Rival:
        module = (sys.executable, "-m", "benchmarks.serving_peers", server, model)
        return Rival(name, (*module, f"--bundle={bundle}", "--port={port}"), PATHS[server])

    return [
        peer("FastAPI, OpenVINO, no batches", "fastapi", "padded"),
        peer("FastAPI, our model class in threads", "fastapi", "ours"),
        peer("LitServe, OpenVINO, batches", "litserve", "padded"),
        peer("LitServe, our model class", "litserve", "ours"),
        peer("mosec, OpenVINO, batches", "mosec", "padded"),
        peer("mosec, our model class", "mosec", "ours"),
        peer("LitServe, Hugging Face pipeline", "litserve", "pipeline"),
        peer("FastAPI, Hugging Face pipeline", "fastapi", "pipeline"),
        ours("Serve, default settings", bundle, home, throughput="false", haproxy="false"),
        ours(f"{OURS}, Serve's proxy", bundle, home, haproxy="false"),
        ours(OURS, bundle, home, haproxy="true"),
    ]


def ours(name: str, bundle: Path, home: Path, **serve: str) -> Rival:
    """The service, without a language model: it is not asked for here."""
    env = {f"TRENDING_SERVE__{key.upper()}": value for key, value in serve.items()}
    command = ("serve", f"--model={bundle}", "--host=127.0.0.1", "--port={port}", f"--home={home}")
    return Rival(
        name,
        (sys.executable, "-m", "jobs", *command),
        ready="/readyz",
        env={"TRENDING_LLM__ENGINE": "none", "TRENDING_SERVE__RATE_PER_MINUTE": "10000000", **env},
    )


def measure_genres(
    bundle: Path, home: Path, asked: Asked, *, only: str = "", say: Callable[[str], None] = print
) -> tuple[list[Ceiling], list[Measured]]:
    """The model alone, then every server whose name holds `only`."""
    say("the model alone")
    alone = ceilings(bundle, asked.texts.documents(), asked.seconds)
    found = []
    for rival in rivals(bundle, home):
        if only.lower() in rival.name.lower():
            say(rival.name)
            found.append(measure_rival(rival, asked))
    return alone, found


def start(rival: Rival, texts: Texts) -> AbstractContextManager[Server]:
    """The server, while the context lasts."""
    port = free_port()
    command = [part.replace("{port}", str(port)) for part in rival.command]
    body = None if rival.ready else texts.bodies(1)[0]
    return running(command, port, ready=rival.ready or rival.path, body=body, env=rival.env)


def measure_rival(rival: Rival, asked: Asked) -> Measured:
    """All loads on one server. It is warm from the second load on; the first warms it."""
    with start(rival, asked.texts) as server, PeakMemory(pid=server.pid) as memory:
        run_load(plan(server, rival, asked, clients=8, seconds=min(3.0, asked.seconds)))
        closed = [run_load(plan(server, rival, asked, clients=n))[0] for n in asked.clients[:-1]]
        before = cpu_by_process(server.pid)
        last, calls = run_load(plan(server, rival, asked, clients=asked.clients[-1]))
        cpu_ms = spent(before, cpu_by_process(server.pid), len(calls))
        closed.append(last)
        best = max(load.requests_per_s for load in closed)
        opened = [run_load(plan(server, rival, asked, rate=best * share))[0] for share in SHARES]
        large, _ = run_load(plan(server, rival, asked, clients=2, titles=BODY, seconds=2 * asked.seconds))
    client_ms = 1000 * last.client_cpu / max(last.requests_per_s, 1e-9)
    return Measured(rival.name, closed, opened, large, cpu_ms, client_ms, server.started_s, memory.peak_mb)


def plan(
    server: Server,
    rival: Rival,
    asked: Asked,
    *,
    clients: int | None = None,
    rate: float | None = None,
    titles: int = 1,
    seconds: float | None = None,
) -> LoadPlan:
    """A load on a server."""
    return LoadPlan(
        server.address, rival.path, asked.texts.bodies(titles), titles=titles, clients=clients, rate=rate,
        seconds=seconds or asked.seconds,
    )  # fmt: skip
