from __future__ import annotations

import shutil
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xgboost

from tests.training.xgboost.rows_to_boost import TRAIN, VALIDATION, make_rows, with_boosting
from trending.catalog.ingest import ingest
from trending.errors import TrainingError
from trending.features.documents import DocumentSet, load_documents
from trending.models.bundle import load_bundle, read_manifest
from trending.models.registry import resolve_model
from trending.models.xgboost_model import XGBoostModel
from trending.settings import EmbeddingSettings, Settings, TrainSettings, XGBoostSettings
from trending.sources.sample import _mapping
from trending.sources.table import TableSource
from trending.training.train import train
from trending.training.xgboost.boosting import boost
from trending.training.xgboost.warm_start import resolve_parent, unseen

PARAMETERS = {"objective": "binary:logistic", "max_depth": 2, "seed": 5}


@pytest.fixture
def champion() -> xgboost.Booster:
    matrix = xgboost.DMatrix(TRAIN.features, label=TRAIN.labels)
    return xgboost.train(PARAMETERS, matrix, num_boost_round=3)


def loss(booster: xgboost.Booster) -> float:
    found = booster.predict(xgboost.DMatrix(VALIDATION.features)).clip(1e-7, 1 - 1e-7)
    return float(-np.log(np.where(VALIDATION.labels, found, 1 - found)).mean())


def test_a_champion_keeps_its_trees_and_gets_more_where_they_help(
    ray_cluster: str, tmp_path: Path, champion: xgboost.Booster
) -> None:
    new = make_rows(300, seed=9)
    further = boost(new, VALIDATION, with_boosting(num_workers=1), tmp_path / "run", start=champion)
    assert 3 < further.num_boosted_rounds() <= 3 + 6
    assert further[:3].get_dump() == champion.get_dump()
    assert loss(further) < loss(champion)


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"embedding": EmbeddingSettings(max_tokens=64)}, "limit of the encoder's tokens is 128"),
        ({"xgboost": XGBoostSettings(backend="xgboost_ray")}, "backend is native"),
    ],
)
def test_a_champion_whose_features_mean_something_else_is_refused(
    sample_home: Settings, changes: dict[str, Any], what: str
) -> None:
    manifest, _ = read_manifest(resolve_model(sample_home, "champion").folder)
    documents = load_documents(sample_home, manifest.snapshot_id)
    other = sample_home.model_copy(update={"train": TrainSettings(**changes)})
    with pytest.raises(TrainingError, match=what):
        resolve_parent(other, "champion", documents, time_split=False)
    with pytest.raises(TrainingError, match="split by time is False"):
        resolve_parent(sample_home, "champion", documents, time_split=True)


def test_only_titles_that_the_champion_never_saw_are_new(sample_home: Settings) -> None:
    manifest, _ = read_manifest(resolve_model(sample_home, "champion").folder)
    documents = load_documents(sample_home, manifest.snapshot_id)
    with pytest.raises(TrainingError, match=r"0 training title\(s\).* are new to the champion"):
        unseen(documents, manifest, sample_home)
    works = [f"new {i}" for i in range(5)]
    more = with_titles(documents, works, "train")
    assert unseen(more, manifest, sample_home).title_keys == works
    moved = with_titles(documents, documents.subset("train").title_keys[:2], "validation")
    with pytest.raises(TrainingError, match=r"2 title.* held out .* were training titles"):
        unseen(moved, manifest, sample_home)


def test_only_xgboost_starts_from_a_champion(sample_home: Settings) -> None:
    with pytest.raises(TrainingError, match="training of linear cannot start from a champion"):
        train("linear", sample_home, warm_start="champion")
    with pytest.raises(TrainingError, match="has its start already"):
        train("xgboost", sample_home, resume="abcdef", warm_start="champion")


@pytest.mark.slow
def test_a_champion_goes_on_with_the_titles_of_a_later_snapshot(ray_cluster: str, tmp_path: Path) -> None:
    short = EmbeddingSettings(max_tokens=16)
    boosting = XGBoostSettings(num_workers=1, rounds=30, checkpoint_every=10)
    settings = Settings(home=tmp_path / "home", train=TrainSettings(embedding=short, xgboost=boosting))
    ingest([part_of_the_sample(tmp_path, "films*")], settings)
    before = train("xgboost", settings, alias="champion")
    ingest([part_of_the_sample(tmp_path, "*")], settings)

    after = train("xgboost", settings, warm_start="champion")

    assert isinstance(before.bundle.model, XGBoostModel)
    model = load_bundle(after.bundle.folder).model
    assert isinstance(model, XGBoostModel)
    assert model.parent == before.bundle.digest == after.bundle.manifest.state["parent"]
    assert model.rounds >= before.bundle.model.rounds
    validation = load_documents(settings, after.snapshot_id).subset("validation")
    found, earlier = (one.predict_proba(validation.documents) for one in (model, before.bundle.model))
    assert log_loss(validation, found) <= log_loss(validation, earlier)


def with_titles(documents: DocumentSet, works: list[str], split: str) -> DocumentSet:
    """The same titles, and one more of each of these works."""
    rows = np.concatenate([np.arange(len(documents.documents)), np.zeros(len(works), int)])
    more = documents.take(rows)
    more.title_keys[-len(works) :] = works
    more.splits[-len(works) :] = split
    return more


def log_loss(titles: DocumentSet, found: np.ndarray) -> float:
    found = found.clip(1e-7, 1 - 1e-7)
    return float(-np.log(np.where(titles.labels, found, 1 - found)).mean())


def part_of_the_sample(folder: Path, pattern: str) -> TableSource:
    """The files of the sample whose names fit."""
    part = folder / "part"
    part.mkdir(exist_ok=True)
    with as_file(files("trending.sources") / "sample_catalogue") as whole:
        for file in whole.glob(pattern):
            shutil.copy(file, part)
    return TableSource(_mapping(str(part)), told_in="the sample catalogue")
