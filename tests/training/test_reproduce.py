"""A run trained again from its record."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from trending.errors import TrainingError
from trending.evaluation.metrics import Scores
from trending.models.bundle import read_manifest
from trending.models.registry import list_runs, resolve_model
from trending.settings import Settings
from trending.training import reproduce as reproducing
from trending.training.reproduce import TOLERANCE, reproduce

THEN = {"micro_f1": 0.5, "macro_f1": 0.4, "weighted_f1": 0.5, "map": 0.6}


def scored(micro: float) -> Scores:
    others = dict.fromkeys(("samples_f1", "roc_auc", "hit_at_1", "hit_at_3", "exact_match"), 0.5)
    return Scores(**(THEN | others | {"micro_f1": micro}), titles=100, genres=[])


def test_an_xgboost_run_comes_out_the_same_and_leaves_nothing_behind(sample_home: Settings) -> None:
    run = resolve_model(sample_home, "champion").run_id
    assert run is not None
    runs = len(list_runs(sample_home, limit=1000))
    found = reproduce(sample_home, run[:10])
    assert (found.run_id, found.model) == (run, "xgboost")
    assert found.agrees
    assert max(abs(score.now - score.then) for score in found.scores) <= 1e-6
    assert len(list_runs(sample_home, limit=1000)) == runs
    assert not list(sample_home.root.glob("reproduce-*"))


@pytest.mark.parametrize(
    ("micro", "agrees"), [(0.5 + TOLERANCE / 2, True), (0.5 - 2e-6, False), (0.51, False)]
)
def test_scores_must_agree_to_one_in_a_million(micro: float, agrees: bool) -> None:
    found = reproducing._agreements(THEN, scored(micro), None)
    assert [one.score for one in found if not one.agrees] == ([] if agrees else ["micro_f1"])


@pytest.mark.parametrize(("micro", "agrees"), [(0.46, True), (0.54, True), (0.44, False)])
def test_scores_of_bert_must_lie_in_the_runs_interval(micro: float, agrees: bool) -> None:
    interval = {name: (value - 0.05, value + 0.05) for name, value in THEN.items()}
    found = reproducing._agreements(THEN, scored(micro), interval)
    assert [one.score for one in found if not one.agrees] == ([] if agrees else ["micro_f1"])


def test_a_bundle_without_a_run_is_refused(sample_home: Settings) -> None:
    folder = resolve_model(sample_home, "champion").folder
    with pytest.raises(TrainingError, match="a bundle without a run"):
        reproduce(sample_home, str(folder))


def test_a_model_whose_parent_is_gone_says_which(sample_home: Settings) -> None:
    manifest, digest = read_manifest(resolve_model(sample_home, "champion").folder)
    orphan = replace(manifest, state={**manifest.state, "parent": "f" * 64})
    with pytest.raises(TrainingError, match="ffffffffffff, which is not here any more"):
        reproducing._parent(sample_home, orphan)
    kept = replace(manifest, state={**manifest.state, "parent": digest})
    assert Path(reproducing._parent(sample_home, kept) or "") == resolve_model(sample_home, "champion").folder


def test_a_blend_is_built_on_its_very_members(sample_home: Settings) -> None:
    manifest, digest = read_manifest(resolve_model(sample_home, "champion").folder)
    member = {"digest": digest, "model": "xgboost", "state": {}}
    blend = replace(manifest, state={"members": [member, member]})
    folder = str(resolve_model(sample_home, "champion").folder)
    assert reproducing._pinned(sample_home, blend).blend.members == (folder, folder)


def test_settings_of_another_version_name_its_code(sample_home: Settings) -> None:
    manifest, _ = read_manifest(resolve_model(sample_home, "champion").folder)
    foreign = replace(manifest, settings={"colour": "red"}, code_revision="abc123")
    with pytest.raises(TrainingError, match="Check out its code, abc123"):
        reproducing._train_settings(foreign)
