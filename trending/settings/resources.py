"""What a worker, an actor or a replica asks of Ray."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from trending.settings.section import Section

Device = Literal["auto", "cpu", "cuda", "pretend"]
"""What workers compute on. `auto`: CUDA where Ray has a GPU for every worker. `pretend` asks Ray for GPUs as `cuda`
does and computes on CPUs: to try how a cluster with GPUs schedules and grows, on machines that have none."""
PlacementStrategy = Literal["PACK", "SPREAD", "STRICT_PACK", "STRICT_SPREAD"]


class Resources(Section):
    """Of one actor. Whether it also gets a GPU is said by the `device` beside it."""

    cpus: float = Field(default=1.0, gt=0)
    """Logical CPUs."""
    memory_gib: float | None = Field(default=None, gt=0)
    """Memory that is set aside on its node. None: nothing is, and Ray may put more there than the node holds."""
    accelerator_type: str | None = None
    """Kind of its GPU, by Ray's name: `T4`, `L4`, `A100-40G`. None: any. Without a GPU it is not asked for."""


class WorkerResources(Resources):
    """Of one worker of a training, and where the workers stand."""

    placement: PlacementStrategy = "PACK"
    """`PACK`: on as few nodes as there is room on; `SPREAD`: on as many; `STRICT_...`: so, or not at all."""
