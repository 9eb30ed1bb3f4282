"""Reading the MLflow registry: which runs there are, and which bundle a word means."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trending.errors import RegistryError
from trending.settings import Settings

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Run
    from mlflow.entities.model_registry import ModelVersion

EXPERIMENT = "trending"
CHAMPION = "champion"
"""Alias of the version that serves. The promotion gate moves it."""
REGISTERED_MODEL = "trending-genres"
BUNDLE_TAG = "trending.bundle"
MODEL_TAG = "trending.model"
SNAPSHOT_TAG = "trending.snapshot_id"
PROFILE_TAG = "trending.profile"
CODE_TAG = "trending.code"
DIGEST_TAG = "trending.digest"


@dataclass(frozen=True)
class Resolved:
    """What a word means: a bundle's folder and, where it is registered, its version and run."""

    folder: Path
    version: str | None = None
    run_id: str | None = None


@dataclass(frozen=True)
class RunSummary:
    """One training run as the comparison shows it."""

    run_id: str
    started_at: datetime
    model: str
    status: str
    snapshot_id: str
    bundle: str
    version: str | None
    aliases: list[str]
    metrics: dict[str, float]
    """Headline scores on the test split: `micro_f1`, `macro_f1`, `weighted_f1`, `map`."""

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self) | {"started_at": self.started_at.isoformat()}


def open_client(settings: Settings) -> MlflowClient:
    """A client of the tracking server of these settings; makes the SQLite database where there is none."""
    from mlflow import MlflowClient

    settings.root.mkdir(parents=True, exist_ok=True)
    logging.getLogger("alembic").setLevel(logging.WARNING)
    logging.getLogger("mlflow.store.db.utils").setLevel(logging.WARNING)
    return MlflowClient(settings.mlflow_uri, settings.mlflow_uri)


@dataclass(frozen=True)
class RegistryView:
    """The registry at one moment."""

    versions: Sequence[ModelVersion]
    """Newest first."""
    aliases: Mapping[str, str]
    """Alias to version."""

    def resolve(self, word: str) -> Resolved:
        """As `resolve_model`, without asking the tracking server again."""
        if Path(word).is_dir():
            return Resolved(Path(word).resolve())
        number = word.removeprefix("v") if word.removeprefix("v").isdigit() else None
        wanted = self.aliases.get(word, number)
        found = [v for v in self.versions if str(v.version) == wanted] or [
            v for v in self.versions if len(word) >= 6 and (v.run_id or "").startswith(word)
        ]
        if not found:
            raise RegistryError(_nothing(word, self.aliases, self.versions))
        return _resolved(found[0])

    def versions_of(self, model: str) -> list[Resolved]:
        """The registered versions of a kind of model (`xgboost`, ...) whose bundles are here, newest first."""
        resolved = [_resolved(v) for v in self.versions if v.tags.get(MODEL_TAG) == model]
        return [one for one in resolved if one.folder.is_dir()]


def read_registry(settings: Settings) -> RegistryView:
    """All versions and aliases, with two queries."""
    client = open_client(settings)
    return RegistryView(_versions(client), _aliases(client))


def resolve_model(settings: Settings, word: str) -> Resolved:
    """The bundle that `word` means: a folder, a registry alias, a version number or a run id (or its start).

    Raises `RegistryError` where it means nothing, listing what there is.
    """
    if Path(word).is_dir():
        return Resolved(Path(word).resolve())
    return read_registry(settings).resolve(word)


def versions_of(settings: Settings, model: str) -> list[Resolved]:
    """The registered versions of a kind of model (`xgboost`, ...) whose bundles are here, newest first."""
    return read_registry(settings).versions_of(model)


def set_alias(settings: Settings, version: str, alias: str) -> None:
    """Point a registry alias at a version; whatever it pointed at before loses it."""
    open_client(settings).set_registered_model_alias(REGISTERED_MODEL, alias, version)


def list_runs(settings: Settings, *, limit: int = 20) -> list[RunSummary]:
    """The newest training runs, newest first."""
    client = open_client(settings)
    experiment = client.get_experiment_by_name(EXPERIMENT)
    if experiment is None:
        return []
    versions = {v.run_id: str(v.version) for v in _versions(client)}
    names = defaultdict(list)
    for alias, version in _aliases(client).items():
        names[version].append(alias)
    runs = client.search_runs(
        [experiment.experiment_id], order_by=["attributes.start_time DESC"], max_results=limit
    )
    return [_summary(run, versions.get(run.info.run_id), names) for run in runs]


def _summary(run: Run, version: str | None, aliases: dict[str, list[str]]) -> RunSummary:
    tags = run.data.tags
    return RunSummary(
        run_id=run.info.run_id,
        started_at=datetime.fromtimestamp(run.info.start_time / 1000, tz=UTC),
        model=tags.get(MODEL_TAG, ""),
        status=run.info.status,
        snapshot_id=tags.get(SNAPSHOT_TAG, ""),
        bundle=tags.get(BUNDLE_TAG, ""),
        version=version,
        aliases=sorted(aliases.get(version or "", [])),
        metrics={k.removeprefix("test_"): v for k, v in run.data.metrics.items() if k.startswith("test_")},
    )


def _versions(client: MlflowClient) -> list[ModelVersion]:
    found = client.search_model_versions(f"name = '{REGISTERED_MODEL}'")
    return sorted(found, key=lambda v: int(v.version), reverse=True)


def _aliases(client: MlflowClient) -> dict[str, str]:
    found = client.search_registered_models(f"name = '{REGISTERED_MODEL}'")
    return {alias: str(version) for model in found for alias, version in model.aliases.items()}


def _resolved(version: ModelVersion) -> Resolved:
    return Resolved(Path(version.tags[BUNDLE_TAG]), str(version.version), version.run_id)


def _nothing(word: str, aliases: Mapping[str, str], versions: Sequence[ModelVersion]) -> str:
    if not versions:
        return (
            f"{word!r}: nothing is registered yet. `trending train xgboost --alias champion` trains a model."
        )
    known = [*sorted(aliases), *(f"version {v.version}" for v in versions[:5])]
    return f"{word!r}: no such alias, version, run or bundle folder. There are: {', '.join(known)}."
