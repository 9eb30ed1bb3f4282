"""The cluster that a job would run on: the one that is there, the one that a profile declares, or this machine."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from trending.planning.ask import GIB
from trending.settings import PoolSettings, Settings

ACCELERATOR = "accelerator_type:"


@dataclass(frozen=True)
class Cluster:
    """Nodes, by kind."""

    name: str
    pools: Sequence[PoolSettings]

    @property
    def gpus(self) -> float:
        """That are there before anything is asked for: what `device: auto` goes by."""
        return sum(pool.gpus * pool.min_nodes for pool in self.pools)

    @property
    def cpus(self) -> float:
        """That are there before anything is asked for."""
        return sum(pool.cpus * pool.min_nodes for pool in self.pools)


def declared_cluster(settings: Settings, use: Literal["jobs", "service"] = "jobs") -> Cluster:
    """The pools of the settings, or the Ray that a job would start on this machine where they declare none."""
    if settings.cluster.pools:
        pools = tuple(pool for pool in settings.cluster.pools if pool.use in ("all", use))
        return Cluster(f"for {use}, declared by {settings.profile or 'the settings'}", pools)
    return Cluster("Ray on this machine, for the length of the job", (this_machine(settings),))


def this_machine(settings: Settings) -> PoolSettings:
    """What `ray_session` starts here. Ray itself leaves a little more of the memory free."""
    from ray._common.utils import get_system_memory
    from ray._private.accelerators.nvidia_gpu import NvidiaGPUAcceleratorManager as Nvidia

    from trending.ray_session import local_cpus

    gpus = Nvidia.get_current_node_num_accelerators()
    memory = get_system_memory() / GIB - settings.ray.object_store_mb / 1024
    kind = Nvidia.get_current_node_accelerator_type() if gpus else None
    return PoolSettings(
        name=os.uname().nodename or "local",
        cpus=local_cpus(settings),
        memory_gib=max(0.0, memory),
        gpus=gpus,
        accelerator_type=kind,
    )


def running_cluster() -> Cluster:
    """The nodes of Ray's cluster, and how far its autoscaler may go. Ray must be running."""
    import ray
    from ray._private.state import state  # there is no public way to ask what an autoscaler may add

    nodes = [_shape(node["Resources"]) for node in ray.nodes() if node["Alive"]]
    config = state.get_cluster_config()
    groups = (
        [(group.name, dict(group.resources), group.max_count) for group in config.node_group_configs]
        if config
        else []
    )
    return Cluster(f"Ray's at {ray.get_runtime_context().gcs_address}", pools_of(nodes, groups))


Shape = tuple[float, float, float, str | None]
"""CPUs, GPUs, memory in GiB, kind of the GPUs."""


def pools_of(
    nodes: Sequence[Shape], groups: Sequence[tuple[str, Mapping[str, float], int]]
) -> tuple[PoolSettings, ...]:
    """Nodes by their shape; and of each group of an autoscaler (name, resources of a node, most nodes), those that may
    come. Nodes that are there are known as a group's by their CPUs and GPUs."""
    there = Counter(nodes)
    found = [
        _pool(f"nodes {number}", shape, count, count)
        for number, (shape, count) in enumerate(there.items(), 1)
    ]
    here = Counter((cpus, gpus) for cpus, gpus, _, _ in nodes)
    for name, resources, most in groups:
        shape = _shape(resources)
        if (left := most - here[shape[:2]]) > 0:
            found.append(_pool(f"{name} (may come)", shape, 0, left))
    return tuple(found)


def _shape(resources: Mapping[str, Any]) -> Shape:
    kinds = [name.removeprefix(ACCELERATOR) for name in resources if name.startswith(ACCELERATOR)]
    return (
        float(resources.get("CPU", 0)),
        float(resources.get("GPU", 0)),
        round(float(resources.get("memory", 0)) / GIB, 1),
        kinds[0] if kinds else None,
    )


def _pool(name: str, shape: Shape, least: int, most: int) -> PoolSettings:
    cpus, gpus, memory, kind = shape
    return PoolSettings(
        name=name,
        cpus=cpus,
        gpus=gpus,
        memory_gib=memory,
        accelerator_type=kind,
        min_nodes=least,
        max_nodes=most,
    )
