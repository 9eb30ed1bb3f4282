"""Tiny bundles in a registry, and a collector that measures nothing: it says what the test wants."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

from tests.evaluation.gate.cases import GOOD, beside
from trending.evaluation.gate.facts import GateFacts
from trending.models.bundle import Bundle, save_bundle
from trending.models.prior import PriorModel
from trending.models.registry import (
    BUNDLE_TAG,
    DIGEST_TAG,
    MODEL_TAG,
    REGISTERED_MODEL,
    open_client,
    read_registry,
)
from trending.settings import Settings

GENRES = ("Comedy", "Drama", "Western")


def bundle_of(settings: Settings, says: float) -> Bundle:
    """A model whose every probability is `says`."""
    folder = settings.bundles_dir / f"prior-{uuid4().hex[:12]}"
    model = PriorModel(GENRES, [says] * len(GENRES))
    return save_bundle(model, folder, thresholds=[0.5] * len(GENRES), snapshot_id=7, max_reviews=2)


def registered(settings: Settings, says: float) -> str:
    """A new version, as a training leaves it."""
    client, bundle = open_client(settings), bundle_of(settings, says)
    if not client.search_registered_models(f"name = '{REGISTERED_MODEL}'"):
        client.create_registered_model(REGISTERED_MODEL)
    tags = {BUNDLE_TAG: str(bundle.folder), MODEL_TAG: "prior", DIGEST_TAG: bundle.digest}
    return str(client.create_model_version(REGISTERED_MODEL, bundle.folder.as_uri(), tags=tags).version)


def champion(settings: Settings) -> str | None:
    """The version that serves."""
    return read_registry(settings).aliases.get("champion")


def saying(facts: GateFacts, *, then: Callable[[], object] | None = None) -> Any:
    """A collector that finds these facts, and does something before it returns."""

    def collect(*_who: object, **_how: object) -> GateFacts:
        if then:
            then()
        return facts

    return collect


PASSING = saying(GOOD)
EQUAL = saying(GateFacts(**{**GOOD.__dict__, "against_champion": beside("prior", 0.0, 0.0, 0.0)}))
