"""That nobody learnt from the titles that judge them is looked up, not assumed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.evaluation.gate.registered import bundle_of, registered
from tests.evaluation.small_catalog import commit, some
from trending.errors import GateError, SnapshotError
from trending.evaluation.gate.gate_set import learnt_from
from trending.models.bundle import Manifest, read_manifest
from trending.models.registry import resolve_model
from trending.settings import Settings


@pytest.fixture
def manifest(settings: Settings) -> Manifest:
    """Of a model trained on a snapshot of five training, four validation and three test titles."""
    groups = [some(5, "learnt", split="train"), some(4, "tuned", split="validation"), some(3, "held")]
    snapshot = commit(settings, *groups)
    return replace(bundle_of(settings, 0.5).manifest, snapshot_id=snapshot)


def keys(settings: Settings, snapshot_id: int, *splits: str) -> list[str]:
    from trending.catalog.tables import Tables

    rows = Tables(settings).read_arrow("titles", snapshot_id, columns=["title_key", "split"]).to_pylist()
    return [row["title_key"] for row in rows if row["split"] in splits]


def test_training_and_validation_titles_are_learnt_from_and_test_titles_are_not(
    settings: Settings, manifest: Manifest
) -> None:
    at = manifest.snapshot_id
    assert learnt_from(settings, manifest, keys(settings, at, "test")) == 0
    assert learnt_from(settings, manifest, keys(settings, at, "train")) == 5
    assert learnt_from(settings, manifest, keys(settings, at, "validation")) == 4
    assert learnt_from(settings, manifest, ["never seen (1990)"]) == 0


def test_the_splits_of_the_models_own_snapshot_count(settings: Settings, manifest: Manifest) -> None:
    """A title that is test now, but was training when the model learnt."""
    later = commit(settings, some(2, "new"), some(1, "other", split="train"))
    newer = replace(manifest, snapshot_id=later)
    assert learnt_from(settings, manifest, keys(settings, later, "test")) == 0
    assert learnt_from(settings, newer, keys(settings, manifest.snapshot_id, "train")) == 5


def test_a_split_by_time_is_taken_by_time(settings: Settings, manifest: Manifest) -> None:
    at = manifest.snapshot_id
    by_time = replace(manifest, time_split=True)
    every = keys(settings, at, "train", "validation", "test")
    assert 0 < learnt_from(settings, by_time, every) < len(every)
    assert learnt_from(settings, by_time, keys(settings, at, "test")) > 0


def test_what_the_parent_of_a_warm_start_learnt_counts_too(settings: Settings, manifest: Manifest) -> None:
    other = commit(settings, some(2, "later", split="train"))
    version = registered(settings, 0.4)
    parent, digest = read_manifest(resolve_model(settings, version).folder)
    assert parent.snapshot_id == 7
    child = replace(manifest, snapshot_id=other, state={"parent": digest})
    with pytest.raises(SnapshotError, match="no snapshot 7"):
        learnt_from(settings, child, ["x"])


def test_a_parent_that_is_not_registered_proves_nothing(settings: Settings, manifest: Manifest) -> None:
    child = replace(manifest, state={"parent": "f" * 64})
    with pytest.raises(GateError, match="cannot be checked"):
        learnt_from(settings, child, ["x"])
    blend = replace(manifest, state={"members": [{"digest": "a" * 64, "state": {"parent": "f" * 64}}]})
    with pytest.raises(GateError, match="cannot be checked"):
        learnt_from(settings, blend, ["x"])


def test_a_snapshot_that_is_gone_proves_nothing(
    settings: Settings, manifest: Manifest, tmp_path: Path
) -> None:
    with pytest.raises(SnapshotError):
        learnt_from(settings, replace(manifest, snapshot_id=1), ["x"])
