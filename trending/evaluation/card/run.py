"""A card's dealings with MLflow: what it asks of the bundle's run, and what it leaves there."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from trending.evaluation.record import Subject
from trending.models.registry import DIGEST_TAG, open_client, read_registry
from trending.settings import Settings

Number = TypeVar("Number", int, float)
ARTIFACTS = "model_card"
"""Folder of the run's artifacts that holds card and record."""


@dataclass(frozen=True)
class RunFacts:
    """The training run of a bundle, as MLflow tells it."""

    run_id: str
    version: str | None
    aliases: tuple[str, ...]
    started_at: datetime
    seconds: float | None
    """That the training took, from reading the snapshot to the registered version."""
    cores: int | None = None
    """Of the machine that the training was started on, as are the memory and the GPUs; None where it did not say."""
    memory_gib: float | None = None
    gpus: int | None = None


def find_run(settings: Settings, subject: Subject) -> RunFacts | None:
    """The run that made the bundle; None where this tracking server does not know it."""
    from mlflow.exceptions import MlflowException

    registry = read_registry(settings)
    known = [v for v in registry.versions if v.tags.get(DIGEST_TAG) == subject.digest]
    run_id = subject.run_id or (known[0].run_id if known else None)
    if run_id is None:
        return None
    try:
        run = open_client(settings).get_run(run_id)
    except MlflowException as error:
        if error.error_code != "RESOURCE_DOES_NOT_EXIST":
            raise
        return None
    version = next((str(v.version) for v in registry.versions if v.run_id == run_id), None)
    return RunFacts(
        run_id=run_id,
        version=version,
        aliases=tuple(sorted(alias for alias, at in registry.aliases.items() if at == version)),
        started_at=datetime.fromtimestamp(run.info.start_time / 1000, tz=UTC),
        seconds=run.data.metrics.get("seconds"),
        cores=_number(run.data.params, "machine.cores", int),
        memory_gib=_number(run.data.params, "machine.memory_gib", float),
        gpus=_number(run.data.params, "machine.gpus", int),
    )


def _number(params: Mapping[str, str], name: str, kind: Callable[[str], Number]) -> Number | None:
    return kind(params[name]) if name in params else None


def log_card(settings: Settings, run_id: str, files: Sequence[Path]) -> None:
    """Add the files to the run's artifacts, in place of those of an earlier card."""
    client = open_client(settings)
    for file in files:
        client.log_artifact(run_id, str(file), ARTIFACTS)
