"""A run trained again from what it recorded, to see whether the same comes out."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from trending.errors import TrainingError
from trending.evaluation.bootstrap import Interval
from trending.evaluation.evaluate import predictions, score_all
from trending.evaluation.metrics import HEADLINE, Scores
from trending.features.documents import load_documents
from trending.models.bundle import Manifest, code_revision, load_bundle, read_manifest
from trending.models.registry import BUNDLE_TAG, DIGEST_TAG, open_client, read_registry, resolve_model
from trending.progress import Report, silent
from trending.settings import Settings, TrainSettings
from trending.training.train import train

TOLERANCE = 1e-6
"""Of a score, where training is the same arithmetic in the same order: all models but BERT."""
WITHIN_INTERVAL = ("bert",)
"""Trained by several processes whose sums come in any order: a score agrees inside the run's 95% interval."""
REPRODUCED_TAG = "trending.reproduced"


@dataclass(frozen=True)
class Agreement:
    """One score on the test titles, then and now."""

    score: str
    then: float
    now: float
    low: float
    high: float
    """`now` must lie between the two."""

    @property
    def agrees(self) -> bool:
        """It does."""
        return self.low <= self.now <= self.high


@dataclass(frozen=True)
class Reproduction:
    """A run beside its repetition."""

    run_id: str
    model: str
    snapshot_id: int
    code_then: str
    code_now: str
    scores: list[Agreement]
    same_bytes: bool
    """The bundles hold the same files and thresholds, byte for byte."""
    seconds: float

    @property
    def agrees(self) -> bool:
        """Every score does."""
        return all(one.agrees for one in self.scores)

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        scores = [{**asdict(one), "agrees": one.agrees} for one in self.scores]
        return {**asdict(self), "scores": scores, "agrees": self.agrees}


def reproduce(settings: Settings, word: str, *, report: Report = silent) -> Reproduction:
    """Train the run that `word` names again and compare its scores on the test titles with those it recorded.

    Snapshot, settings, seed, split and, of a warm start or a blend, the very models that it built on are those of its
    bundle. The repetition lives in a home of its own that is removed; the run gets the result as a tag. Raises
    `RegistryError` or `BundleError` where the run's bundle is gone, `SnapshotError` where its data are, `TrainingError`
    where its settings or parents cannot be had any more.
    """
    began = time.perf_counter()
    found = resolve_model(settings, word)
    if found.run_id is None:
        raise TrainingError(
            f"{word}: a bundle without a run. Name a run, a version or an alias: `trending runs`."
        )
    bundle = load_bundle(found.folder)
    manifest = bundle.manifest
    then, ci95 = _recorded(settings, found.run_id), None
    if manifest.model in WITHIN_INTERVAL:
        ci95 = _intervals(settings, found.folder)
    with _scratch(settings, manifest) as scratch:
        again = train(
            manifest.model,
            scratch,
            snapshot=manifest.snapshot_id,
            time_split=manifest.time_split,
            warm_start=_parent(settings, manifest),
            report=report,
        )
        same = (again.bundle.manifest.files, again.bundle.thresholds) == (manifest.files, manifest.thresholds)
    result = Reproduction(
        run_id=found.run_id,
        model=manifest.model,
        snapshot_id=manifest.snapshot_id,
        code_then=manifest.code_revision,
        code_now=code_revision(),
        scores=_agreements(then, again.test, ci95),
        same_bytes=same,
        seconds=round(time.perf_counter() - began, 1),
    )
    told = f"{'agrees' if result.agrees else 'differs'}, code {result.code_now}"
    open_client(settings).set_tag(found.run_id, REPRODUCED_TAG, told)
    return result


def _recorded(settings: Settings, run_id: str) -> dict[str, float]:
    metrics = open_client(settings).get_run(run_id).data.metrics
    found = {name: metrics[f"test_{name}"] for name in HEADLINE if f"test_{name}" in metrics}
    if not found:
        raise TrainingError(
            f"Run {run_id} recorded no scores on test titles: it did not end. Nothing to compare."
        )
    return found


def _intervals(settings: Settings, folder: Path) -> dict[str, Interval]:
    """Of the run's own bundle, on the titles that its training tested it on."""
    bundle = load_bundle(folder)
    recorded = settings.model_copy(update={"train": _train_settings(bundle.manifest)})
    documents = load_documents(recorded, bundle.manifest.snapshot_id, time_split=bundle.manifest.time_split)
    test = documents.subset("test")
    return score_all(recorded, test, [predictions(bundle, test, recorded)])[0][1]


def _agreements(
    then: Mapping[str, float], now: Scores, ci95: Mapping[str, Interval] | None
) -> list[Agreement]:
    values = now.headline()
    bounds = ci95 or {name: (value - TOLERANCE, value + TOLERANCE) for name, value in then.items()}
    return [Agreement(name, value, values[name], *bounds[name]) for name, value in then.items()]


@contextmanager
def _scratch(settings: Settings, manifest: Manifest) -> Iterator[Settings]:
    """The same data under a home that goes away, with a registry of its own."""
    import mlflow

    settings.root.mkdir(parents=True, exist_ok=True)
    tracking = mlflow.get_tracking_uri()
    with tempfile.TemporaryDirectory(prefix="reproduce-", dir=settings.root) as home:
        try:
            yield settings.model_copy(
                update={
                    "home": Path(home),
                    "catalog_uri": settings.iceberg_kwargs.get("uri"),
                    "warehouse": settings.iceberg_kwargs["warehouse"],
                    "tracking_uri": None,
                    "train": _pinned(settings, manifest),
                }
            )
        finally:
            mlflow.set_tracking_uri(tracking)


def _train_settings(manifest: Manifest) -> TrainSettings:
    try:
        return TrainSettings.model_validate(manifest.settings)
    except ValidationError as error:
        raise TrainingError(
            f"The run was trained with settings that this version ({code_revision()}) does not know: {error}. "
            f"Check out its code, {manifest.code_revision}."
        ) from error


def _pinned(settings: Settings, manifest: Manifest) -> TrainSettings:
    """The run's settings; of a blend with its very members instead of the newest of their kinds."""
    recorded = _resourced(_train_settings(manifest), settings.train)
    members = tuple(str(_folder_of(settings, one["digest"])) for one in manifest.state.get("members", ()))
    if not members:
        return recorded
    return recorded.model_copy(update={"blend": recorded.blend.model_copy(update={"members": members})})


def _resourced(recorded: TrainSettings, here: TrainSettings) -> TrainSettings:
    """What was recorded, with what a worker has here: that of the cluster then may be more than there is."""
    parts = ("bert", "xgboost", "embedding")
    asked = {name: {"resources": getattr(here, name).resources} for name in parts}
    return recorded.model_copy(
        update={name: getattr(recorded, name).model_copy(update=asked[name]) for name in parts}
    )


def _parent(settings: Settings, manifest: Manifest) -> str | None:
    parent = manifest.state.get("parent")
    return str(_folder_of(settings, parent)) if parent else None


def _folder_of(settings: Settings, digest: str) -> Path:
    for version in read_registry(settings).versions:
        folder = Path(version.tags[BUNDLE_TAG])
        if version.tags.get(DIGEST_TAG) == digest and folder.is_dir() and read_manifest(folder)[1] == digest:
            return folder
    raise TrainingError(
        f"The run built on the bundle {digest[:12]}, which is not here any more: it cannot be trained again."
    )
