"""The versions of the registry, each with its story: what it is, how good it was, how the gate decided."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from trending.errors import GateError
from trending.evaluation.gate.champion import DECISION_TAG, GATE_TAG
from trending.evaluation.gate.decision import read_decision
from trending.models.registry import CODE_TAG, MODEL_TAG, SNAPSHOT_TAG, open_client, read_registry
from trending.settings import Settings

if TYPE_CHECKING:
    from mlflow.entities.model_registry import ModelVersion


@dataclass(frozen=True)
class ModelStory:
    """One version."""

    version: str
    model: str
    """Its kind."""
    created_at: str
    """ISO 8601, UTC."""
    aliases: list[str]
    snapshot_id: str
    code_revision: str
    run_id: str
    scores: Mapping[str, float]
    """Headline scores on the test titles of its training."""
    gate: str
    """`promoted`, `blocked`, `waiting`, `overtaken`, `rolled back`, `not asked`; empty before any decision."""
    decision: str
    """Id of the newest decision about it."""
    reasons: list[str]
    """Why that decision blocks it."""

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)


def model_stories(settings: Settings) -> list[ModelStory]:
    """Every version, newest first."""
    registry = read_registry(settings)
    aliases = defaultdict(list)
    for alias, version in registry.aliases.items():
        aliases[version].append(alias)
    return [_story(settings, one, sorted(aliases[str(one.version)])) for one in registry.versions]


def _story(settings: Settings, version: ModelVersion, aliases: list[str]) -> ModelStory:
    tags, run = version.tags, _run(settings, version)
    decision = tags.get(DECISION_TAG, "")
    return ModelStory(
        version=str(version.version),
        model=tags.get(MODEL_TAG, ""),
        created_at=datetime.fromtimestamp(version.creation_timestamp / 1000, tz=UTC).isoformat(
            timespec="seconds"
        ),
        aliases=aliases,
        snapshot_id=tags.get(SNAPSHOT_TAG) or run.get(SNAPSHOT_TAG, ""),
        code_revision=tags.get(CODE_TAG) or run.get("mlflow.source.git.commit", ""),
        run_id=version.run_id or "",
        scores={k.removeprefix("test_"): v for k, v in run.items() if k.startswith("test_")},
        gate=tags.get(GATE_TAG, ""),
        decision=decision,
        reasons=_reasons(settings, decision) if decision else [],
    )


def _run(settings: Settings, version: ModelVersion) -> dict[str, Any]:
    """Tags and metrics of the training; empty for a version without one."""
    from mlflow.exceptions import MlflowException

    if not version.run_id:
        return {}
    try:
        data = open_client(settings).get_run(version.run_id).data
    except MlflowException:  # the run was deleted; the version stays
        return {}
    return {**data.tags, **data.metrics}


def _reasons(settings: Settings, decision: str) -> list[str]:
    try:
        return read_decision(settings, decision)[0].reasons
    except GateError:  # the folder of reports was tidied; the tags stay
        return []
