"""Settings of the cluster that a profile is for: what `trending plan` holds a job against."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from trending.settings.section import Section


class PoolSettings(Section):
    """Nodes of one kind."""

    name: str = Field(min_length=1)
    cpus: float = Field(ge=0)
    """Logical CPUs that a node offers to Ray: fewer than it has, for what runs beside Ray; a head offers none."""
    memory_gib: float = Field(ge=0)
    """Memory that a node offers to Ray, without the object store."""
    gpus: float = Field(default=0, ge=0)
    accelerator_type: str | None = None
    """Kind of the GPUs, by Ray's name."""
    min_nodes: int = Field(default=1, ge=0)
    max_nodes: int = Field(default=1, ge=1)
    """As far as the autoscaler may go."""
    use: Literal["all", "jobs", "service"] = "all"
    """What runs there, where the service has a cluster of its own."""

    @model_validator(mode="after")
    def _least_and_most(self) -> PoolSettings:
        if self.min_nodes > self.max_nodes:
            raise ValueError("min_nodes is more than max_nodes")
        return self


class ClusterSettings(Section):
    """The cluster where `RAY_ADDRESS` names none that could be asked."""

    pools: tuple[PoolSettings, ...] = ()
    """Kinds of nodes. None: a job starts Ray on this machine."""

    @model_validator(mode="after")
    def _each_once(self) -> ClusterSettings:
        if len({pool.name for pool in self.pools}) < len(self.pools):
            raise ValueError("pools: name each pool once")
        return self
