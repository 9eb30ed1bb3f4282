"""Tiny registered models, and the classifiers with their traffic on a real Serve, asked from inside an actor."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

from ray import serve
from ray.serve.handle import DeploymentHandle

from serve_app.classifiers import Classifiers
from serve_app.contracts import Answered, AssignmentRecord, ModelCard, TrafficPolicy
from trending.models.bundle import Bundle, save_bundle
from trending.models.keyword import KeywordModel
from trending.models.prior import PriorModel
from trending.models.registry import BUNDLE_TAG, MODEL_TAG, REGISTERED_MODEL, open_client, set_alias
from trending.settings import Settings

GENRES = ("Comedy", "Drama", "Horror")
APP = "arena"


def tiny_bundle(folder: Path, says: float, *, kind: str = "prior") -> Bundle:
    """A model whose every probability is `says`, so that an answer tells who gave it."""
    row = [says] * len(GENRES)
    model = PriorModel(GENRES, row) if kind == "prior" else KeywordModel(GENRES, row, row)
    return save_bundle(model, folder, thresholds=[0.5] * len(GENRES), snapshot_id=1, max_reviews=2)


def register(settings: Settings, bundle: Bundle, *, alias: str | None = None) -> str:
    """A new version in the registry, as a training leaves it."""
    client = open_client(settings)
    if not client.search_registered_models(f"name = '{REGISTERED_MODEL}'"):
        client.create_registered_model(REGISTERED_MODEL)
    tags = {BUNDLE_TAG: str(bundle.folder), MODEL_TAG: bundle.manifest.model}
    version = client.create_model_version(REGISTERED_MODEL, bundle.folder.as_uri(), tags=tags).version
    if alias:
        set_alias(settings, str(version), alias)
    return str(version)


def new_version(settings: Settings, says: float, *, kind: str = "prior", alias: str | None = None) -> str:
    """A tiny bundle, registered."""
    folder = settings.bundles_dir / f"{kind}-{uuid4().hex[:12]}"
    return register(settings, tiny_bundle(folder, says, kind=kind), alias=alias)


@serve.deployment(ray_actor_options={"num_cpus": 0}, max_ongoing_requests=100)
class Asking:
    """A process that asks the classifiers, as the gateway does."""

    def __init__(self, traffic: DeploymentHandle, classifiers: dict[str, DeploymentHandle]) -> None:
        self._handles = (traffic, classifiers)
        self._made: Classifiers | None = None

    def _classifiers(self) -> Classifiers:
        if self._made is None:
            self._made = Classifiers(*self._handles)
        return self._made

    async def classify(self, documents: list[str], key: str, request_id: str) -> Answered:
        return await self._classifiers().classify(documents, key=key, request_id=request_id)

    async def champion(self) -> ModelCard:
        return await self._classifiers().champion()

    async def cards(self) -> tuple[ModelCard, ...]:
        return await self._classifiers().cards()

    async def explain(self, document: str) -> Any:
        return await self._classifiers().explain(document)

    async def policy(self) -> TrafficPolicy:
        return await self._classifiers().policy()


@dataclass(frozen=True)
class Arena:
    """What runs, and how to ask it."""

    settings: Settings
    asking: DeploymentHandle
    traffic: DeploymentHandle

    def classify(self, *documents: str, key: str = "k", request_id: str = "") -> Answered:
        """One request."""
        return self.asking.classify.remote(list(documents), key, request_id).result()

    def rules(self, **values: Any) -> TrafficPolicy:
        """Another `user_config` of Traffic, seen by those who ask."""
        self.traffic.reconfigure.remote(values).result()
        return self.seen(lambda policy: policy == self.policy())

    def refreshed(self) -> TrafficPolicy:
        """Traffic looks at the registry now, and those who ask have heard of it."""
        self.traffic.refresh.remote().result()
        return self.seen(lambda policy: policy == self.policy())

    def policy(self) -> TrafficPolicy:
        """Traffic's own."""
        return self.traffic.policy.remote().result()

    def seen(self, right: Callable[[TrafficPolicy], bool]) -> TrafficPolicy:
        """The policy of those who ask, once it is right."""
        return until(lambda: self.asking.policy.remote().result(), right)

    def assignments(self, right: Callable[[Sequence[AssignmentRecord]], bool]) -> list[AssignmentRecord]:
        """The log, once it is right."""
        return until(lambda: self.traffic.assignments.remote(1000).result(), right)


def until(ask: Callable[[], Any], right: Callable[[Any], bool], *, timeout_s: float = 60) -> Any:
    """What `ask` gives, once it is right. Each question is a call of another process: nothing spins."""
    late = threading.Event()
    timer = threading.Timer(timeout_s, late.set)
    timer.start()
    try:
        while not right(found := ask()):
            assert not late.is_set(), f"still not right: {found}"
        return found
    finally:
        timer.cancel()
