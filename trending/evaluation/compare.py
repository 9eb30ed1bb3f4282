"""Two bundles side by side: which is better on the same titles, by how much, and what each costs to serve."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from trending.catalog.snapshots import resolve_snapshot
from trending.errors import EvaluationError
from trending.evaluation.bootstrap import Interval, Predictions
from trending.evaluation.evaluate import held_out_titles, predictions, score_all
from trending.evaluation.metrics import HEADLINE
from trending.evaluation.record import ServingCost
from trending.evaluation.resampling import genre_counts, genre_f1, holm, interval, p_value, resampled
from trending.evaluation.slices import SliceDifference, make_slices, slice_differences, title_facts
from trending.evaluation.verdict import verdict
from trending.models.bundle import Bundle, load_bundle
from trending.models.registry import Resolved, resolve_model
from trending.progress import Report, silent
from trending.settings import Settings

if TYPE_CHECKING:
    from trending.features.documents import DocumentSet


@dataclass(frozen=True)
class Side:
    """One of the two."""

    word: str
    """What the caller named it by."""
    model: str
    version: str | None
    bundle: Path
    digest: str
    cost: ServingCost | None
    """None where it was not asked for."""


@dataclass(frozen=True)
class ScoreDifference:
    """One score of both; `difference` is a minus b."""

    name: str
    a: float
    b: float
    difference: float
    ci95: Interval
    """Of the difference, paired by title; clear of 0 means a real difference."""

    @property
    def better(self) -> str:
        """`a` or `b` where the interval is clear of 0, else empty."""
        low, high = self.ci95
        return "a" if low > 0 else "b" if high < 0 else ""


@dataclass(frozen=True)
class GenreDifference(ScoreDifference):
    """F1 of one genre; `name` is the genre."""

    titles: int
    """That truly have it."""
    p_value: float
    """Two-sided, Holm-corrected over the genres."""


@dataclass(frozen=True)
class Comparison:
    """Everything that tells two bundles apart."""

    a: Side
    b: Side
    snapshot_id: int
    titles: int
    time_split: bool
    scores: list[ScoreDifference]
    genres: list[GenreDifference]
    """The worst for a first."""
    slices: list[SliceDifference]
    """The worst for a first."""

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return {**asdict(self), "verdict": verdict(self)}


def compare(
    settings: Settings,
    a: str,
    b: str,
    *,
    snapshot: str | int = "latest",
    cost: bool = True,
    report: Report = silent,
) -> Comparison:
    """Compare the models that two words name, on the same test titles; `cost` measures what each costs to serve.

    Raises `RegistryError` for a word that names nothing, `BundleError` for a damaged bundle, `EvaluationError` where
    the two were split differently or know different genres, `TrainingError` where there is no test title.
    """
    words = (a, b)
    resolved = [resolve_model(settings, word) for word in words]
    bundles = [load_bundle(one.folder) for one in resolved]
    _require_comparable(words, bundles)
    snapshot_id = resolve_snapshot(settings, snapshot)
    tests = [held_out_titles(settings, bundle, snapshot_id) for bundle in bundles]
    answers = []
    for bundle, titles in zip(bundles, tests, strict=True):
        report(f"Scoring {bundle.manifest.model} on {len(titles.documents):,} test titles")
        answers.append(predictions(bundle, titles, settings))
    report("Paired intervals")
    sides = [
        _side(word, one, bundle, titles if cost else None, report=report)
        for word, one, bundle, titles in zip(words, resolved, bundles, tests, strict=True)
    ]
    return Comparison(
        *sides,
        snapshot_id=snapshot_id,
        titles=len(tests[0].documents),
        time_split=bundles[0].manifest.time_split,
        scores=_scores(settings, tests[0], answers),
        genres=_genres(settings, tests[0], answers),
        slices=_slices(settings, tests[0], answers),
    )


def _require_comparable(words: Sequence[str], bundles: Sequence[Bundle]) -> None:
    one, other = (bundle.manifest for bundle in bundles)
    if one.time_split != other.time_split:
        raise EvaluationError(
            f"{words[0]} and {words[1]} were not split the same way (one by time): the test titles of one may have "
            "taught the other. Train both the same way."
        )
    if one.genres != other.genres:
        raise EvaluationError(
            f"{words[0]} and {words[1]} do not know the same genres and cannot be compared."
        )


def _scores(settings: Settings, titles: DocumentSet, answers: Sequence[Predictions]) -> list[ScoreDifference]:
    (first, _, gain), (second, _, _) = score_all(settings, titles, answers)
    assert gain is not None
    of_a, of_b = first.headline(), second.headline()
    return [
        ScoreDifference(name, of_a[name], of_b[name], of_a[name] - of_b[name], gain[name])
        for name in HEADLINE
    ]


def _genres(settings: Settings, titles: DocumentSet, answers: Sequence[Predictions]) -> list[GenreDifference]:
    """F1 by genre on the same resamples of the titles."""
    truth = titles.labels
    counts = [genre_counts(truth, one.chosen) for one in answers]
    everyone = [np.arange(len(truth))]
    draws = [
        genre_f1(
            resampled(
                one.reshape(len(truth), -1),
                everyone,
                samples=settings.train.bootstrap_samples,
                seed=settings.train.seed,
            ).reshape(-1, *one.shape[1:])
        )
        for one in counts
    ]
    of_a, of_b = (genre_f1(one.sum(axis=0)) for one in counts)
    moved = draws[0] - draws[1]
    p_values = holm(np.array([p_value(d, moved[:, k]) for k, d in enumerate(of_a - of_b)]))
    found = [
        GenreDifference(
            name=genre,
            a=float(of_a[k]),
            b=float(of_b[k]),
            difference=float(of_a[k] - of_b[k]),
            ci95=interval(moved[:, k]),
            titles=int(truth[:, k].sum()),
            p_value=float(p_values[k]),
        )
        for k, genre in enumerate(titles.genres)
    ]
    return sorted(found, key=lambda row: (row.difference, row.name))


def _slices(settings: Settings, titles: DocumentSet, answers: Sequence[Predictions]) -> list[SliceDifference]:
    slices = make_slices(title_facts(settings, titles), least=settings.evaluation.least_titles)
    return slice_differences(
        slices,
        titles.labels,
        *answers,
        samples=settings.train.bootstrap_samples,
        seed=settings.train.seed,
    )


def _side(
    word: str, resolved: Resolved, bundle: Bundle, timed: DocumentSet | None, *, report: Report
) -> Side:
    """`timed` are the titles that the cost of serving is measured on."""
    return Side(
        word=word,
        model=bundle.manifest.model,
        version=resolved.version,
        bundle=resolved.folder,
        digest=bundle.digest,
        cost=_cost(bundle, timed.documents, report) if timed else None,
    )


def _cost(bundle: Bundle, documents: Sequence[str], report: Report) -> ServingCost:
    from trending.evaluation.cost import serving_cost

    report(f"Cost of serving {bundle.manifest.model}")
    return serving_cost(bundle, documents)
