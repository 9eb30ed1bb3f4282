"""What classifier and language model say about the same validation titles: what the rule of trust is learnt from."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from trending.catalog.snapshots import resolve_snapshot
from trending.enrichment.examples import NearestTitles, training_titles
from trending.enrichment.genres import Examples
from trending.enrichment.llm_genres import Evidence, genre_evidence
from trending.enrichment.local import OpenEngine, engine_of_settings, find_classifier, need_engine
from trending.enrichment.metering import MeteredEngine
from trending.enrichment.pending import read_titles
from trending.enrichment.schema import EnrichmentInput
from trending.enrichment.trust import as_matrix, save_trust
from trending.enrichment.trust_learning import Learnt, learn_trust
from trending.errors import EnrichmentError
from trending.evaluation.predict import predict_known
from trending.features.documents import DocumentSet, load_documents
from trending.features.embeddings import load_encoder
from trending.llm.protocol import LLMEngine
from trending.models.base import Labels, Probabilities
from trending.models.bundle import load_bundle
from trending.progress import Report, silent
from trending.settings import Settings


@dataclass(frozen=True)
class FirstChoices:
    """The language model's most likely genre of each title."""

    hits: float
    """Share of titles that truly have it."""
    first_of_list: float
    """Share of titles for which it is the first genre of the list: 1 is a parrot."""
    favourite: str
    """The genre that it chose most often."""
    favourite_share: float


@dataclass(frozen=True)
class TrustResult:
    """The rule that was learnt, and how the language model chose."""

    learnt: Learnt
    calibrated: FirstChoices
    uncalibrated: FirstChoices
    always_most_frequent: float
    """Share of titles that have the most frequent genre of them: what knowing nothing gets."""
    prompt_tokens: int
    file: Path

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            **self.learnt.as_json(),
            "calibrated": asdict(self.calibrated),
            "uncalibrated": asdict(self.uncalibrated),
            "always_most_frequent": self.always_most_frequent,
            "prompt_tokens": self.prompt_tokens,
            "file": str(self.file),
        }


def learn_trust_of(
    settings: Settings,
    *,
    titles: int | None = None,
    snapshot: str | int = "latest",
    model: str | None = None,
    open_engine: OpenEngine = engine_of_settings,
    report: Report = silent,
) -> TrustResult:
    """Ask both about `titles` validation titles (None: all), learn the rule, and keep it for this pair of models.

    Raises `EnrichmentError` where there is no language model that tells likelihoods, or too few titles, `LLMError`
    where it fails, and what `enrich_titles` raises without data or model.
    """
    if open_engine is engine_of_settings and settings.llm.engine == "none":
        need_engine(None)  # before minutes of embedding, not after
    asked = _ask_both(settings, titles, snapshot, model or settings.serve.model, open_engine, report)
    report("Learning whom to trust")
    truth, genres = asked.titles.labels, asked.titles.genres
    calibrated = [one.probabilities() for one in asked.evidence]
    learnt = learn_trust(
        truth,
        asked.probabilities.astype(np.float64),
        as_matrix(calibrated, genres),
        asked.thresholds,
        genres,
        llm_model=asked.llm_model,
        classifier_version=asked.classifier_version,
        samples=settings.train.bootstrap_samples,
        seed=settings.train.seed,
    )
    return TrustResult(
        learnt=learnt,
        calibrated=first_choices(calibrated, truth),
        uncalibrated=first_choices([one.uncalibrated() for one in asked.evidence], truth),
        always_most_frequent=float(truth.mean(axis=0).max()),
        prompt_tokens=asked.prompt_tokens,
        file=save_trust(settings, learnt.trust),
    )


def first_choices(answers: Sequence[Mapping[str, float]], truth: Labels) -> FirstChoices:
    """How the most likely genres fare against truth `[n, genres]`, in the order of the answers' genres."""
    names = list(answers[0])
    chosen = as_matrix(answers, names).argmax(axis=1)
    favourite, times = Counter(chosen.tolist()).most_common(1)[0]
    return FirstChoices(
        hits=float(truth[np.arange(len(truth)), chosen].mean()),
        first_of_list=float((chosen == 0).mean()),
        favourite=names[favourite],
        favourite_share=times / len(chosen),
    )


@dataclass(frozen=True)
class _Asked:
    """Both models' word on the same titles."""

    titles: DocumentSet
    probabilities: Probabilities
    thresholds: Sequence[float]
    classifier_version: str
    evidence: list[Evidence]
    llm_model: str
    prompt_tokens: int


def _ask_both(
    settings: Settings,
    count: int | None,
    snapshot: str | int,
    model: str,
    open_engine: OpenEngine,
    report: Report,
) -> _Asked:
    snapshot_id = resolve_snapshot(settings, snapshot)
    classifier = find_classifier(settings, model)
    bundle = load_bundle(classifier.folder)
    report("Reading validation titles")
    titles = _drawn(load_documents(settings, snapshot_id).subset("validation"), count, settings)
    inputs = {title.title_id: title for title in read_titles(settings, snapshot_id)}
    report(f"Asking {bundle.manifest.model}")
    probabilities = predict_known(bundle.model, titles.documents, settings, report=report)
    training = training_titles(settings, snapshot_id=snapshot_id, report=report)
    examples = NearestTitles(training, load_encoder(settings.train.embedding), settings)
    chosen = [inputs[title_id] for title_id in titles.title_ids]
    llm_model, evidence, tokens = asyncio.run(
        _ask(settings, open_engine, chosen, titles.genres, examples, report)
    )
    return _Asked(titles, probabilities, bundle.thresholds, classifier.version, evidence, llm_model, tokens)


def _drawn(titles: DocumentSet, count: int | None, settings: Settings) -> DocumentSet:
    """A draw of the titles, the same every time."""
    if not titles.title_ids:
        raise EnrichmentError(
            f"Snapshot {titles.snapshot_id} has no labelled validation title. Ingest more titles."
        )
    order = np.random.default_rng(settings.train.seed).permutation(len(titles.title_ids))
    return titles.take(np.sort(order[:count]))


async def _ask(
    settings: Settings,
    open_engine: OpenEngine,
    titles: Sequence[EnrichmentInput],
    genres: Sequence[str],
    examples: Examples,
    report: Report,
) -> tuple[str, list[Evidence], int]:
    """Name of the model, the evidence of each title, tokens of the prompts."""
    engine: LLMEngine = need_engine(open_engine(settings))
    metered = MeteredEngine(engine)
    name = engine.card.model
    if not engine.card.can_score:
        await engine.close()
        raise EnrichmentError(
            f"{name} gives no likelihoods, so it is never asked for genres: there is nothing to learn."
        )
    message = f"Asking {name} about {len(titles):,} titles"
    found: list[Evidence] = []
    try:
        report(message, 0, len(titles))
        for title in titles:
            # One after the other: scoring keeps the machine busy, and a slow title delays no deadline.
            near = await asyncio.to_thread(examples, title)
            found.append(await genre_evidence(metered, title, near, genres, settings=settings))
            report(message, len(found), len(titles))
    finally:
        await engine.close()
    return name, found, metered.prompt_tokens
