"""The control plane of the classifiers: which versions answer, which share of the keys, and a log of who answered."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Mapping, Sequence
from typing import Any

from ray import serve
from ray.serve.exceptions import DeploymentUnavailableError
from ray.serve.handle import DeploymentHandle

from serve_app.assignment_log import AssignmentLog
from serve_app.calls import handle_of, original
from serve_app.contracts import AssignmentRecord, TrafficPolicy
from serve_app.rollout import Candidate, candidates, next_policy
from trending.errors import BundleError
from trending.settings import Settings, TrafficSettings

logger = logging.getLogger("ray.serve")

WARM_TIMEOUT_S = 180.0
RETRY_BROKEN_S = 60.0
"""Seconds until a bundle that was found damaged is read again: that takes all of its bytes."""


@serve.deployment(num_replicas=1, ray_actor_options={"num_cpus": 0}, max_ongoing_requests=100)
class Traffic:
    """One replica. No request waits for it: others fetch `policy()` each second, and send records in batches."""

    def __init__(self, settings: Settings, classifiers: Mapping[str, DeploymentHandle]) -> None:
        """`classifiers`: the deployment of each kind of model."""
        self._settings = settings
        self._classifiers = dict(classifiers)
        self._rules = TrafficSettings()
        self._policy: TrafficPolicy | None = None
        self._broken: dict[str, tuple[float, str]] = {}
        self._log = AssignmentLog(settings.service_dir)
        self._changing = asyncio.Lock()
        self._refreshing: asyncio.Task[None] | None = None

    async def reconfigure(self, user_config: Mapping[str, Any]) -> None:
        """`challenger`, `weight` and `shadow`, as in `TrafficSettings`.

        Raises `ServiceError` where no model can be served at all: the replica does not get ready.
        """
        self._rules = TrafficSettings(**user_config)
        await self.refresh()
        if self._refreshing is None:
            self._refreshing = asyncio.ensure_future(self._refresh_forever())

    async def policy(self) -> TrafficPolicy:
        """Who answers now. Every version in it is loaded."""
        return self._policy or await self.refresh()

    async def record(self, records: Sequence[AssignmentRecord]) -> None:
        """Append to the log."""
        await asyncio.to_thread(self._log.append, records)

    async def assignments(self, limit: int = 100) -> list[AssignmentRecord]:
        """The newest records of the log, newest first."""
        return self._log.newest(limit)

    async def refresh(self) -> TrafficPolicy:
        """Look at the registry now; load what is new everywhere, and only then let it answer."""
        async with self._changing:
            rules = self._rules
            named = await asyncio.to_thread(candidates, self._settings, rules.challenger)
            faults = {one.version: await self._warm(one) for one in named.all()}
            self._policy = next_policy(
                self._policy,
                named,
                rules,
                loaded=[version for version, fault in faults.items() if not fault],
                faults=tuple(fault for fault in faults.values() if fault),
            )
            return self._policy

    def check_health(self) -> None:
        """Serve starts another replica where nothing is refreshed any more."""
        if self._refreshing is not None and self._refreshing.done():
            raise RuntimeError("The traffic policy is not refreshed any more.")

    async def _warm(self, one: Candidate) -> str:
        """Have a version loaded by every replica of its kind; the reason where it is not."""
        when, why = self._broken.get(one.folder, (0.0, ""))
        if why and time.monotonic() - when < RETRY_BROKEN_S:
            return why
        handle = handle_of(self._classifiers, one.kind).options(multiplexed_model_id=one.folder)
        try:
            try:
                await handle.broadcast("describe", one.ref).results_async(timeout_s=WARM_TIMEOUT_S)
            except DeploymentUnavailableError:
                # No replica yet, as while the app starts: this waits for the first.
                await asyncio.wait_for(_describe(handle, one), WARM_TIMEOUT_S)
        except Exception as error:  # noqa: BLE001 (whatever it is, this version does not answer now)
            cause = original(error)
            why = f"Version {one.version} ({one.kind}) is not served: {cause or type(cause).__name__}"
            logger.warning(why)
            if isinstance(cause, BundleError):
                self._broken[one.folder] = (time.monotonic(), why)
            return why
        self._broken.pop(one.folder, None)
        return ""

    async def _refresh_forever(self) -> None:
        while True:
            await asyncio.sleep(self._settings.serve.refresh_s)
            try:
                await self.refresh()
            except Exception:
                logger.warning("The registry cannot be read; the traffic policy stays.", exc_info=True)


async def _describe(handle: DeploymentHandle, one: Candidate) -> None:
    await handle.describe.remote(one.ref)
