"""What a job asks of Ray."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from trending.settings.resources import PlacementStrategy

GIB = 2**30


@dataclass(frozen=True)
class Ask:
    """Workers, actors, replicas or tasks, all alike."""

    what: str
    least: int
    """Without so many the job does not begin."""
    most: int | None
    """None: as many as there is room for."""
    cpus: float
    """Of each, as are the following."""
    gpus: float = 0
    memory_gib: float | None = None
    accelerator_type: str | None = None
    placement: PlacementStrategy | None = None
    """Of all of them together. None: each wherever there is room."""
    settings: str = ""
    """Where it is set, for a message."""

    @property
    def resources(self) -> dict[str, float]:
        """As Ray counts them: `CPU`, `GPU`, and `memory` in bytes."""
        asked = {"CPU": self.cpus, "GPU": self.gpus, "memory": self.memory_bytes or 0}
        return {name: amount for name, amount in asked.items() if amount}

    @property
    def remote_options(self) -> dict[str, Any]:
        """Arguments of `ray.remote`, of Ray Data's `map_batches`, and of Serve's `ray_actor_options`."""
        memory = {"memory": self.memory_bytes} if self.memory_bytes else {}
        kind = {"accelerator_type": self.accelerator_type} if self.accelerator_type else {}
        return {"num_cpus": self.cpus, "num_gpus": self.gpus} | memory | kind

    @property
    def memory_bytes(self) -> int | None:
        """Memory of each, in bytes."""
        return int(self.memory_gib * GIB) if self.memory_gib else None

    @property
    def at_most(self) -> int:
        """`most`; of those without an upper end, what they begin with."""
        return self.least if self.most is None else self.most


@dataclass(frozen=True)
class Step:
    """What a job asks for at the same time."""

    name: str
    asks: Sequence[Ask]


@dataclass(frozen=True)
class Totals:
    """Sums over asks."""

    cpus: float
    gpus: float
    memory_gib: float


def totals(step: Step, *, least: bool = False) -> Totals:
    """Of all asks of a step: at the most, or at the `least`."""
    counted = [(ask, ask.least if least else ask.at_most) for ask in step.asks]
    return Totals(
        cpus=sum(ask.cpus * count for ask, count in counted),
        gpus=sum(ask.gpus * count for ask, count in counted),
        memory_gib=sum((ask.memory_gib or 0) * count for ask, count in counted),
    )
