"""Ray for the length of a job: the cluster that is there, or a local one that ends with the job."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from trending.settings import Settings

BLOCK_BYTES = 8 * 2**20
LEAST_CPUS = 4
IN_FLIGHT_BYTES = 128 * 2**20
"""Blocks between the stages of one dataset: beyond this, reading waits for what comes after it."""


@contextmanager
def ray_session(settings: Settings, *, environment: Mapping[str, str] | None = None) -> Iterator[None]:
    """Connect to Ray and leave it as it was found.

    `environment` is for the processes of a cluster that runs already; those of a local one inherit this process's.

    An initialised Ray is used as it is. `RAY_ADDRESS` (set inside a submitted job) names a cluster to join.
    Otherwise a local cluster starts and is shut down at the end, also after an error or Ctrl-C.
    """
    import ray

    prepare_ray_data()
    if ray.is_initialized():
        yield
        return
    if os.environ.get("RAY_ADDRESS"):
        ray.init(
            address="auto",
            runtime_env={"env_vars": dict(environment)} if environment else None,
            log_to_driver=False,
            logging_level=logging.ERROR,
        )
    else:
        ray.init(
            address="local",  # else one that some other `ray start` of this machine left word of is joined
            num_cpus=local_cpus(settings),
            object_store_memory=settings.ray.object_store_mb * 2**20,
            include_dashboard=settings.ray.dashboard,
            log_to_driver=False,
            logging_level=logging.ERROR,
        )
    try:
        yield
    finally:
        ray.shutdown()


def local_cpus(settings: Settings) -> int:
    """Logical CPUs of a local cluster."""
    return settings.ray.num_cpus or max(LEAST_CPUS, os.cpu_count() or 1)


def prepare_ray_data() -> None:
    """Ray Data for small machines and quiet terminals.

    Blocks stay small, so that memory does not grow with the input. The older readers are used: those of Ray 2.60
    start a pool of actors for every read, which takes seconds. Jobs print their own progress.
    """
    from ray.data import DataContext, ExecutionResources

    context = DataContext.get_current()
    context.target_max_block_size = BLOCK_BYTES
    context.use_datasource_v2 = False
    context.execution_options.resource_limits = ExecutionResources(object_store_memory=IN_FLIGHT_BYTES)
    context.enable_progress_bars = False
    context.print_on_execution_start = False
    logging.getLogger("ray.data").setLevel(logging.ERROR)
