"""The classifiers as one service, in the processes that ask them: who answers, and who does where that one fails."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence

import numpy as np
from ray.exceptions import RayActorError
from ray.serve.exceptions import BackPressureError, RayServeException
from ray.serve.handle import DeploymentHandle

from serve_app.assignment_log import record_of
from serve_app.breaker import Breaker
from serve_app.calls import answer, handle_of
from serve_app.classifier import ModelRef
from serve_app.contracts import Answered, Classified, ModelCard, TrafficPolicy
from serve_app.policy_watch import PolicyWatch
from serve_app.shadows import Shadows
from serve_app.splitting import Assigned, assign, ladder, shadow_of
from trending.errors import ServiceError

PART = 64
"""Documents of one call: a long request is shared by the replicas, and does not hold one of them alone."""
TRY_S = 20.0
"""Seconds that a version has before the next rung of the ladder is asked."""
GONE = (RayActorError, RayServeException, TimeoutError)
"""The deployment is at fault, not the bundle or the documents."""


class Classifiers:
    """`ClassifierService`. To be made and used inside one event loop of an actor."""

    def __init__(self, traffic: DeploymentHandle, classifiers: Mapping[str, DeploymentHandle]) -> None:
        """`classifiers`: the deployment of each kind of model."""
        self._classifiers = classifiers
        self._watch = PolicyWatch(traffic)
        self._shadows = Shadows(self._ask, self._watch)
        self._breaker = Breaker()
        self._handles: dict[str, DeploymentHandle] = {}
        self._cards: dict[str, ModelCard] = {}

    async def classify(self, documents: Sequence[str], *, key: str, request_id: str = "") -> Answered:
        """Answers of the version that `key` falls on, or of the first rung below it that answers.

        Raises `BackPressureError` where that version has too much to do, `ServiceError` where nothing answers.
        """
        began = time.perf_counter()
        policy = await self.policy()
        first = assign(policy, key)
        rung, classified = await self._first_answer(policy, first, documents)
        record = record_of(rung, key, request_id, titles=len(documents), seconds=time.perf_counter() - began)
        shadow = shadow_of(policy, rung, key)
        if shadow is None or not self._shadows.send(policy, shadow, documents, classified, record):
            self._watch.record(record)
        return Answered(classified, rung.arm)

    async def champion(self) -> ModelCard:
        """The champion's card."""
        policy = await self.policy()
        return await self._card(policy, policy.champion_kind, policy.champion)

    async def cards(self) -> tuple[ModelCard, ...]:
        """Cards of all that is served: champion, challenger, fallbacks."""
        policy = await self.policy()
        named = [(policy.champion_kind, policy.champion), (policy.challenger_kind, policy.challenger)]
        served = [(kind, version) for kind, version in (*named, *policy.fallbacks) if kind and version]
        return tuple([await self._card(policy, kind, version) for kind, version in served])

    async def explain(self, document: str) -> Mapping[str, Sequence[tuple[str, float]]]:
        """For each genre that the champion assigns the words that decided."""
        policy = await self.policy()
        handle = self._handle(policy, policy.champion_kind, policy.champion)
        return await answer(handle.explain.remote(document, _ref(policy, policy.champion)))

    async def policy(self) -> TrafficPolicy:
        """Who answers; at most a second old."""
        return await self._watch.policy()

    async def _first_answer(
        self, policy: TrafficPolicy, first: Assigned, documents: Sequence[str]
    ) -> tuple[Assigned, Classified]:
        rungs = ladder(policy, first)
        failures: list[str] = []
        for rung in [one for one in rungs if self._breaker.allows(one.kind)] or rungs:
            try:
                async with asyncio.timeout(TRY_S):
                    classified = await self._ask(policy, rung, documents)
            except BackPressureError:
                # The honest answer is "too much to do": a lower rung would only be flooded too.
                raise
            except Exception as error:  # noqa: BLE001 (whatever it is, the next rung may answer)
                failures.append(f"{rung.kind} version {rung.version}: {type(error).__name__} {error}".strip())
                if isinstance(error, GONE):
                    self._breaker.failed(rung.kind)
            else:
                self._breaker.answered(rung.kind)
                return rung, classified
        raise ServiceError("No classifier answers. " + "; ".join(failures))

    async def _ask(self, policy: TrafficPolicy, rung: Assigned, documents: Sequence[str]) -> Classified:
        handle, ref = self._handle(policy, rung.kind, rung.version), _ref(policy, rung.version)
        if len(documents) <= PART:
            found = await answer(handle.classify.remote(list(documents), ref))
        else:
            parts = [list(documents[start : start + PART]) for start in range(0, len(documents), PART)]
            answers = await asyncio.gather(*(answer(handle.classify.remote(part, ref)) for part in parts))
            found = Classified(np.concatenate([one.probabilities for one in answers]), answers[0].model)
        self._cards[rung.version] = found.model
        return found

    async def _card(self, policy: TrafficPolicy, kind: str, version: str) -> ModelCard:
        if version not in self._cards:
            ref = _ref(policy, version)
            self._cards[version] = await answer(self._handle(policy, kind, version).describe.remote(ref))
        return self._cards[version]

    def _handle(self, policy: TrafficPolicy, kind: str, version: str) -> DeploymentHandle:
        folder = policy.folders[version]
        if folder not in self._handles:
            handle = handle_of(self._classifiers, kind)
            self._handles[folder] = handle.options(multiplexed_model_id=folder)
        return self._handles[folder]


def _ref(policy: TrafficPolicy, version: str) -> ModelRef:
    return ModelRef(version, policy.folders[version])
