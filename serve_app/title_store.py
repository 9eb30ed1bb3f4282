"""The title store deployment: one replica that reads the tables for everybody and takes feedback."""

from __future__ import annotations

from contextlib import suppress

from ray import serve

from serve_app.titles.live import LiveTitles
from trending.settings import Settings


@serve.deployment(
    num_replicas=1,
    ray_actor_options={"num_cpus": 0.1},
    max_ongoing_requests=64,
    max_queued_requests=256,
    health_check_period_s=10,
)
class TitleStore(LiveTitles):
    """`TitleStoreService` behind a handle. Its methods are those of `LiveTitles`."""

    def __init__(self, settings: Settings) -> None:
        """Ready once the first index is there, also where nothing was ingested yet."""
        super().__init__(settings)
        self.start()

    def check_health(self) -> None:
        """Raises where the background work has ended by itself: then Serve starts another replica."""
        self.check()

    def __del__(self) -> None:
        """When the replica is drained: feedback goes into its table, the index is deleted."""
        with suppress(AttributeError):  # a constructor that failed
            self.close()
