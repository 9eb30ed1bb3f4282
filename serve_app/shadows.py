"""Shadow copies: the challenger answers what the champion has answered already, and the two are compared."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

import numpy as np

from serve_app.contracts import AssignmentRecord, Classified, TrafficPolicy
from serve_app.policy_watch import PolicyWatch
from serve_app.splitting import Assigned

MAX_UNDER_WAY = 8
"""More are left out: a slow challenger must not gather work."""

Ask = Callable[[TrafficPolicy, Assigned, Sequence[str]], Awaitable[Classified]]


class Shadows:
    """Asks the challenger after the answer was given. Nobody waits for it, and its errors reach nobody."""

    def __init__(self, ask: Ask, watch: PolicyWatch) -> None:
        self._ask = ask
        self._watch = watch
        self._under_way: set[asyncio.Task[None]] = set()

    def send(
        self,
        policy: TrafficPolicy,
        shadow: Assigned,
        documents: Sequence[str],
        answered: Classified,
        record: AssignmentRecord,
    ) -> bool:
        """Ask, and log the record with the agreement; False where too many are under way."""
        if len(self._under_way) >= MAX_UNDER_WAY:
            return False
        task = asyncio.ensure_future(self._compare(policy, shadow, list(documents), answered, record))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        return True

    async def _compare(
        self,
        policy: TrafficPolicy,
        shadow: Assigned,
        documents: list[str],
        answered: Classified,
        record: AssignmentRecord,
    ) -> None:
        try:
            other = await self._ask(policy, shadow, documents)
            agreement = genre_agreement(answered, other)
            record = replace(record, shadowed_by=shadow.version, shadow_agreement=agreement)
        except Exception:  # noqa: BLE001 (the record without a shadow says that there was none)
            pass
        finally:
            self._watch.record(record)


def genre_agreement(one: Classified, other: Classified) -> float:
    """Share of titles to which both assign the same genres."""
    if not len(one.probabilities):
        return 1.0
    both = [_assigned(one), _assigned(other)]
    return float(np.mean([left == right for left, right in zip(*both, strict=True)]))


def _assigned(answer: Classified) -> list[frozenset[str]]:
    chosen = answer.probabilities >= np.asarray(answer.model.thresholds)
    return [frozenset(np.asarray(answer.model.genres)[row].tolist()) for row in chosen]
