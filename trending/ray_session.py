"""Ray for the length of a job: the cluster that is there, or a local one that ends with the job."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager

from trending.settings import Settings


@contextmanager
def ray_session(settings: Settings) -> Iterator[None]:
    """Connect to Ray and leave it as it was found.

    An initialised Ray is used as it is. `RAY_ADDRESS` (set inside a submitted job) names a cluster to join.
    Otherwise a local cluster starts and is shut down at the end, also after an error or Ctrl-C.
    """
    import ray

    quiet_ray_data()
    if ray.is_initialized():
        yield
        return
    if os.environ.get("RAY_ADDRESS"):
        ray.init(address="auto", log_to_driver=False, logging_level=logging.ERROR)
    else:
        ray.init(
            num_cpus=settings.ray.num_cpus or max(4, os.cpu_count() or 1),
            object_store_memory=settings.ray.object_store_mb * 2**20,
            include_dashboard=settings.ray.dashboard,
            log_to_driver=False,
            logging_level=logging.ERROR,
        )
    try:
        yield
    finally:
        ray.shutdown()


def quiet_ray_data() -> None:
    """No progress bars and no chatter of Ray Data on the terminal: jobs print their own progress."""
    from ray.data import DataContext

    context = DataContext.get_current()
    context.enable_progress_bars = False
    context.print_on_execution_start = False
    logging.getLogger("ray.data").setLevel(logging.ERROR)
