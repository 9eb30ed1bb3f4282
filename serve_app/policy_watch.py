"""The traffic policy in the processes that ask classifiers: fetched each second, never while a request waits."""

from __future__ import annotations

import asyncio
import logging
from collections import deque

from ray.serve.handle import DeploymentHandle

from serve_app.calls import answer
from serve_app.contracts import AssignmentRecord, TrafficPolicy

logger = logging.getLogger("ray.serve")

EVERY_S = 1.0
"""Seconds between two looks at the policy, and between two deliveries to the assignment log."""
TIMEOUT_S = 30.0
MAX_RECORDS = 10_000
"""Records that wait for delivery; where the log does not take them, the oldest are lost."""


class PolicyWatch:
    """The last good policy, and records on their way to the assignment log. Of one event loop."""

    def __init__(self, traffic: DeploymentHandle, *, every_s: float = EVERY_S) -> None:
        self._traffic = traffic
        self._every_s = every_s
        self._policy: TrafficPolicy | None = None
        self._records: deque[AssignmentRecord] = deque(maxlen=MAX_RECORDS)
        self._first = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None

    async def policy(self) -> TrafficPolicy:
        """The policy; only the very first request waits for it."""
        if self._policy is None:
            async with self._first:
                if self._policy is None:
                    self._policy = await self._fetch()
        if self._task is None or self._task.done():
            self._task = asyncio.ensure_future(self._keep_up())
        return self._policy

    def record(self, record: AssignmentRecord) -> None:
        """Deliver this to the log, within a second or two."""
        self._records.append(record)

    async def _keep_up(self) -> None:
        while True:
            await asyncio.sleep(self._every_s)
            try:
                self._policy = await self._fetch()
                await self._deliver()
            except Exception as error:  # noqa: BLE001 (requests go on by the last policy until Traffic is back)
                logger.warning(f"No new traffic policy: {type(error).__name__} {error}")

    async def _fetch(self) -> TrafficPolicy:
        async with asyncio.timeout(TIMEOUT_S):
            return await answer(self._traffic.policy.remote())

    async def _deliver(self) -> None:
        if not self._records:
            return
        batch = list(self._records)
        async with asyncio.timeout(TIMEOUT_S):
            await answer(self._traffic.record.remote(batch))
        for _ in range(min(len(batch), len(self._records))):
            self._records.popleft()
