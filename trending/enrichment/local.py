"""The chain in one process, for jobs: a bundle as its classifier, an engine opened from the settings."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from trending.enrichment.schema import GenreAnswer, GenreRung
from trending.errors import EnrichmentError
from trending.llm.protocol import LLMEngine
from trending.models.registry import resolve_model
from trending.settings import Settings

if TYPE_CHECKING:
    from trending.enrichment.genres import Classify
    from trending.models.bundle import Bundle

VERSION_DIGITS = 12
OpenEngine = Callable[[Settings], LLMEngine | None]
"""What opens the language model of the settings; None: there is none. It travels to the processes of Ray."""

_RUNGS: dict[str, GenreRung] = {
    "bert": "bert",
    "xgboost": "xgboost",
    "blend": "blend",
    "linear": "linear",
    "keyword": "keyword",
}


@dataclass(frozen=True)
class Classifier:
    """The bundle that a word of the registry means."""

    folder: Path
    version: str
    """Registry version, or the beginning of the bundle's digest if it is not registered."""
    digest: str
    max_reviews: int


def find_classifier(settings: Settings, word: str) -> Classifier:
    """The classifier that a registry alias, version, run id or folder means, without loading its weights.

    Raises `RegistryError` where it means nothing, `BundleError` for a bundle that is missing or changed.
    """
    from trending.models.bundle import read_manifest

    resolved = resolve_model(settings, word)
    manifest, digest = read_manifest(resolved.folder)
    return Classifier(
        resolved.folder, resolved.version or digest[:VERSION_DIGITS], digest, manifest.max_reviews
    )


def classify_with(bundle: Bundle, version: str) -> Classify:
    """The bundle's answers, for one caller after the other: its tokenizer serves one at a time."""
    lock = asyncio.Lock()
    limits = np.asarray(bundle.thresholds)
    genres = bundle.model.genres

    async def classify(documents: list[str]) -> list[GenreAnswer]:
        async with lock:
            answers = await asyncio.to_thread(bundle.model.predict_proba, documents)
        found = []
        for row in answers:
            chosen = np.flatnonzero(row >= limits)
            found.append(
                GenreAnswer(
                    rung=_RUNGS.get(bundle.manifest.model, "none"),
                    version=version,
                    genres=tuple(genres[k] for k in chosen[np.argsort(-row[chosen], kind="stable")]),
                    probabilities=dict(zip(genres, row.tolist(), strict=True)),
                    thresholds=dict(zip(genres, limits.tolist(), strict=True)),
                )
            )
        return found

    return classify


def engine_of_settings(settings: Settings) -> LLMEngine | None:
    """The engine that the settings name; None for the engine `none`."""
    if settings.llm.engine == "none":
        return None
    from trending.llm.engines import open_engine

    return open_engine(settings)


async def llm_model_of(open_engine: OpenEngine, settings: Settings) -> str:
    """The name of the model behind the engine, which is opened and closed for it; empty without one."""
    engine = open_engine(settings)
    if engine is None:
        return ""
    try:
        return engine.card.model
    finally:
        await engine.close()


def need_engine(engine: LLMEngine | None) -> LLMEngine:
    """The engine. Raises `EnrichmentError` where the settings name none."""
    if engine is None:
        raise EnrichmentError(
            "The settings name no language model (llm.engine: none). Name one, such as openvino."
        )
    return engine
