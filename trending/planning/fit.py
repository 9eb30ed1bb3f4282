"""Whether what is asked for at the same time finds room on a cluster that has grown as far as it may.

Largest first, each on the first node with room. Ray places in much the same greedy way; a tight mixture of sizes may
fit by another order only, and is then refused here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from trending.planning.ask import Ask, Step
from trending.planning.cluster import Cluster
from trending.settings import PoolSettings

SLACK = 1e-6
"""Fractions of a CPU do not add up exactly."""


@dataclass
class Node:
    """One node, and what is left of it."""

    pool: PoolSettings
    cpus: float = field(init=False)
    gpus: float = field(init=False)
    memory_gib: float = field(init=False)

    def __post_init__(self) -> None:
        self.cpus, self.gpus, self.memory_gib = self.pool.cpus, self.pool.gpus, self.pool.memory_gib

    def has_room(self, ask: Ask, times: int = 1) -> bool:
        """For so many of it."""
        kind = ask.accelerator_type
        return (
            (kind is None or kind == self.pool.accelerator_type)
            and self.cpus + SLACK >= ask.cpus * times
            and self.gpus + SLACK >= ask.gpus * times
            and self.memory_gib + SLACK >= (ask.memory_gib or 0) * times
        )

    def take(self, ask: Ask, times: int = 1) -> None:
        """Give so many of it their room."""
        self.cpus -= ask.cpus * times
        self.gpus -= ask.gpus * times
        self.memory_gib -= (ask.memory_gib or 0) * times


@dataclass(frozen=True)
class Verdict:
    """How many of each ask of a step find room, and why the step cannot begin, if so."""

    placed: Sequence[int]
    refusals: Sequence[str]


def judge(step: Step, cluster: Cluster) -> Verdict:
    """Place what the step needs to begin, then as many more as it may have."""
    nodes = [Node(pool) for pool in sorted(cluster.pools, key=_plainest) for _ in range(pool.max_nodes)]
    order = sorted(range(len(step.asks)), key=lambda one: _size(step.asks[one]), reverse=True)
    placed = [0] * len(step.asks)
    refusals = []
    for one in order:
        ask = step.asks[one]
        placed[one] = _place(ask, ask.least, nodes)
        if placed[one] < ask.least:
            refusals.append(_why(ask, placed[one], step, cluster))
    for one in order:
        ask = step.asks[one]
        if not refusals and ask.placement not in ("STRICT_PACK", "STRICT_SPREAD"):
            placed[one] += _place(ask, _wanted(ask, nodes) - placed[one], nodes)
    return Verdict(placed, refusals)


def _wanted(ask: Ask, nodes: Sequence[Node]) -> int:
    """Of those without an upper end: as many as CPUs are left for."""
    if ask.most is not None:
        return ask.most
    return ask.least + int(sum(node.cpus for node in nodes) / max(ask.cpus, 0.1))


def _place(ask: Ask, count: int, nodes: Sequence[Node]) -> int:
    """Up to `count` of it; how many found room."""
    if ask.placement == "STRICT_PACK":
        for node in nodes:
            if node.has_room(ask, count):
                node.take(ask, count)
                return count
        return max(
            (times for node in nodes for times in range(count) if node.has_room(ask, times)), default=0
        )
    placed = 0
    for node in nodes:
        while placed < count and node.has_room(ask):
            node.take(ask)
            placed += 1
            if ask.placement == "STRICT_SPREAD":
                break
    return placed


def _plainest(pool: PoolSettings) -> tuple[float, float, float]:
    """Nodes with GPUs last: what needs none should not take their CPUs."""
    return (pool.gpus, pool.cpus, pool.memory_gib)


def _size(ask: Ask) -> tuple[bool, float, float, float]:
    strict = (ask.placement or "").startswith("STRICT")
    return (strict, ask.gpus, ask.cpus, ask.memory_gib or 0)


def _why(ask: Ask, placed: int, step: Step, cluster: Cluster) -> str:
    """What was asked for, how much of it there is, and what to do."""
    together = f", placed {ask.placement}" if ask.placement else ""
    lacks = list(_lacks(ask, cluster)) or [
        f"with all that {step.name!r} needs there is room for {placed} of them"
    ]
    return (
        f"{ask.least} {ask.what} need {each(ask)} each{together}, but on the cluster at its largest "
        f"({cluster.name}) {' and '.join(lacks)}. Ask for fewer or smaller ones ({ask.settings or step.name}), or use "
        "a cluster with room: another profile, or larger `cluster.pools`."
    )


def _lacks(ask: Ask, cluster: Cluster) -> Iterator[str]:
    """Of what no node has enough for a single one."""
    pools = cluster.pools
    if ask.accelerator_type and ask.accelerator_type not in {pool.accelerator_type for pool in pools}:
        there = (
            ", ".join(sorted({pool.accelerator_type for pool in pools if pool.accelerator_type})) or "none"
        )
        yield f"there is no {ask.accelerator_type} (kinds of GPU: {there})"
    for name, amount, most in (
        ("GPU(s)", ask.gpus, max((pool.gpus for pool in pools), default=0)),
        ("CPU(s)", ask.cpus, max((pool.cpus for pool in pools), default=0)),
        ("GiB of memory", ask.memory_gib or 0, max((pool.memory_gib for pool in pools), default=0)),
    ):
        if amount > most + SLACK:
            yield f"the largest node has {most:g} {name}"


def each(ask: Ask) -> str:
    """What one of it asks for, in words."""
    gpus = f"{ask.gpus:g} GPU(s){f' ({ask.accelerator_type})' if ask.accelerator_type else ''}"
    parts = [gpus] if ask.gpus else []
    parts.append(f"{ask.cpus:g} CPU(s)")
    if ask.memory_gib:
        parts.append(f"{ask.memory_gib:g} GiB")
    return ", ".join(parts)
