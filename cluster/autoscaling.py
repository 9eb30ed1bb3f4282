"""A cluster on one machine that grows by itself: its autoscaler adds nodes with pretended GPUs, and takes them away.

    trending cluster autoscale --gpu-workers 2

The nodes are raylets on this machine (Ray's provider `fake_multinode`), their GPUs numbers in its scheduler: what asks
for a GPU makes a node come, and computes on a CPU (`device: pretend`).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import yaml

from cluster.local import STORE_MIB, LocalCluster, keep, start_cluster
from cluster.node import free_ports
from trending.settings import Settings

HEAD_TYPE, GPU_TYPE = "ray.head.default", "gpu"
"""The first is the name that Ray's provider expects of the head."""


def start_autoscaling(
    settings: Settings,
    *,
    gpu_workers: int = 2,
    cpus: int = 4,
    worker_cpus: int = 1,
    idle_s: float = 30.0,
    store_mib: int = STORE_MIB,
) -> LocalCluster:
    """A head without GPUs, whose autoscaler may add `gpu_workers` nodes of one GPU each. A node that has been idle for
    `idle_s` seconds goes.

    Raises `ClusterError` where a cluster runs already, or the head does not come up.
    """
    from ray.util import get_node_ip_address

    # Ray's provider gives the nodes that it starts the address of the machine, so the head takes it too.
    address = f"{get_node_ip_address()}:{free_ports(1)[0]}"
    config = autoscaling_config(
        address,
        gpu_workers=gpu_workers,
        cpus=cpus,
        worker_cpus=worker_cpus,
        idle_s=idle_s,
        store_mib=store_mib,
    )
    file = settings.root / "cluster" / "autoscaling.yaml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(yaml.safe_dump(config, sort_keys=False), encoding="utf-8")
    started = start_cluster(
        settings,
        cpus=cpus,
        store_mib=store_mib,
        at=address,
        head=(f"--autoscaling-config={file}",),
        env=ENVIRONMENT,
    )
    return keep(settings, replace(started, grows_to=gpu_workers))


ENVIRONMENT = {
    "AUTOSCALER_UPDATE_INTERVAL_S": "1",
    "AUTOSCALER_HEARTBEAT_TIMEOUT_S": "300",
    "RAY_FAKE_CLUSTER": "1",
}
"""A look every second instead of every five; a node that is slow to start on a busy machine is not given up; and nodes
whose address is the head's are told apart."""


def autoscaling_config(
    address: str, *, gpu_workers: int, cpus: int, worker_cpus: int, idle_s: float, store_mib: int
) -> dict[str, Any]:
    """What `ray start --autoscaling-config` reads."""
    store = store_mib * 2**20
    empty_lists = (
        "cluster_synced_files", "rsync_exclude", "rsync_filter", "initialization_commands", "setup_commands",
        "head_setup_commands", "worker_setup_commands", "head_start_ray_commands", "worker_start_ray_commands",
    )  # fmt: skip
    return {
        "cluster_name": "trending-local",
        "max_workers": gpu_workers,
        "upscaling_speed": 1.0,
        "idle_timeout_minutes": idle_s / 60,
        # The nodes share an address, and Ray would take them for one.
        "provider": {
            "type": "fake_multinode",
            "gcs_address": address,
            "use_node_id_as_ip": True,
            "disable_node_updaters": True,
        },
        "available_node_types": {
            HEAD_TYPE: {"resources": {"CPU": cpus}, "node_config": {}, "max_workers": 0},
            GPU_TYPE: {
                "resources": {"CPU": worker_cpus, "GPU": 1, "object_store_memory": store},
                "node_config": {},
                "min_workers": 0,
                "max_workers": gpu_workers,
            },
        },
        "head_node_type": HEAD_TYPE,
        "auth": {},
        "docker": {},
        "file_mounts": {},
        "file_mounts_sync_continuously": False,
        **{name: [] for name in empty_lists},
    }
