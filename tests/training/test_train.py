"""Training jobs as the rest of the platform sees them: a run, a bundle, a registered version."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import mlflow
import numpy as np
import pandas as pd
import pytest

from trending.catalog.tables import Tables
from trending.errors import SnapshotError, TrainingError
from trending.features.documents import load_documents
from trending.models.bundle import load_bundle
from trending.models.registry import list_runs, open_client, resolve_model
from trending.models.thresholds import tune_thresholds
from trending.settings import Settings
from trending.training import train as train_module
from trending.training.train import TrainResult, train


@pytest.fixture(scope="module")
def linear(sample_home: Settings) -> TrainResult:
    return train("linear", sample_home)


@pytest.fixture
def quiet_mlflow() -> Iterator[None]:
    before = mlflow.get_tracking_uri()
    yield
    mlflow.set_tracking_uri(before)


def test_a_training_leaves_a_run_a_version_and_a_bundle_that_belong_together(
    sample_home: Settings, linear: TrainResult
) -> None:
    resolved = resolve_model(sample_home, linear.run_id)
    assert (resolved.folder, resolved.version) == (linear.bundle.folder, linear.version)
    manifest = load_bundle(resolved.folder).manifest
    assert manifest.model == "linear"
    assert manifest.snapshot_id == linear.snapshot_id == Tables(sample_home).latest()
    assert manifest.metrics == dict(linear.validation)
    (run,) = [run for run in list_runs(sample_home) if run.run_id == linear.run_id]
    assert run.status == "FINISHED"
    assert run.metrics == pytest.approx(linear.test.headline())


def test_the_run_holds_settings_scores_of_every_genre_and_plots(
    sample_home: Settings, linear: TrainResult
) -> None:
    client = open_client(sample_home)
    run = client.get_run(linear.run_id)
    assert run.data.params["linear.c"] == str(sample_home.train.linear.c)
    assert run.data.tags["trending.snapshot_id"] == str(linear.snapshot_id)
    assert run.data.tags["mlflow.source.git.commit"]
    genres = {name for name in run.data.metrics if name.startswith("genre_f1/")}
    assert len(genres) == len(linear.bundle.model.genres)
    assert [one.path for one in client.list_artifacts(linear.run_id, "plots")] == ["plots/genre_f1.png"]


def test_mlflow_loads_the_bundle_and_answers_as_it_does(
    sample_home: Settings, linear: TrainResult, quiet_mlflow: None
) -> None:
    mlflow.set_tracking_uri(sample_home.mlflow_uri)
    loaded = mlflow.pyfunc.load_model(f"models:/trending-genres/{linear.version}")
    documents = ["High Noon\nA marshal waits for the noon train.", "A baker opens a shop."]
    found = loaded.predict(pd.DataFrame({"document": documents}))
    assert tuple(found.columns) == linear.bundle.model.genres
    np.testing.assert_allclose(
        found.to_numpy(), linear.bundle.model.predict_proba(documents), rtol=0, atol=1e-7
    )
    assert loaded.metadata.signature.inputs.input_names() == ["document"]
    pickles = [p for p in sample_home.root.rglob("*") if p.suffix in (".pkl", ".pickle", ".joblib", ".pt")]
    assert pickles == []


def test_thresholds_come_from_validation_alone(sample_home: Settings, linear: TrainResult) -> None:
    validation = load_documents(sample_home, linear.snapshot_id).subset("validation")
    expected = tune_thresholds(validation.labels, linear.bundle.model.predict_proba(validation.documents))
    assert linear.bundle.thresholds == expected


def test_the_champion_is_the_booster_with_all_its_parts(sample_home: Settings) -> None:
    folder = resolve_model(sample_home, "champion").folder
    names = {p.relative_to(folder).parts[0] for p in folder.rglob("*")}
    assert {"booster.ubj", "encoder", "linear", "embedding_scores.safetensors", "manifest.json"} <= names


def test_training_again_on_the_same_snapshot_gives_the_same_model(
    sample_home: Settings, linear: TrainResult
) -> None:
    again = train("linear", sample_home)
    assert again.run_id != linear.run_id
    assert again.test == linear.test
    assert again.bundle.manifest.files == linear.bundle.manifest.files


def test_a_time_split_trains_on_earlier_titles_and_says_so(sample_home: Settings) -> None:
    result = train("prior", sample_home, time_split=True)
    assert result.bundle.manifest.time_split
    by_time = load_documents(sample_home, result.snapshot_id, time_split=True).subset("test")
    by_key = load_documents(sample_home, result.snapshot_id).subset("test")
    assert set(by_time.title_ids) != set(by_key.title_ids)


def test_an_unknown_model_names_those_that_there_are(settings: Settings) -> None:
    with pytest.raises(TrainingError, match="prior, keyword, linear, xgboost, bert"):
        train("gpt", settings)


def test_no_data_says_so(settings: Settings) -> None:
    with pytest.raises(SnapshotError):
        train("prior", settings)


def test_too_few_titles_are_refused_before_a_run_begins(
    sample_home: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(train_module, "MIN_TITLES", 10_000)
    runs = len(list_runs(sample_home, limit=1000))
    with pytest.raises(TrainingError, match="train split"):
        train("prior", sample_home)
    assert len(list_runs(sample_home, limit=1000)) == runs


def test_a_training_that_fails_is_marked_failed_and_leaves_no_bundle(
    sample_home: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_args: object, **_more: object) -> None:
        raise TrainingError("the disk is full")

    before = set(Path(sample_home.bundles_dir).iterdir())
    monkeypatch.setattr(train_module, "_test", fail)
    with pytest.raises(TrainingError, match="disk is full"):
        train("prior", sample_home)
    assert list_runs(sample_home, limit=1)[0].status == "FAILED"
    assert set(Path(sample_home.bundles_dir).iterdir()) == before
