"""What a training makes of probabilities and of corrected labels, on tables written without Ray."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.evaluation.wordy_titles import wordy_home
from trending.catalog.correction_file import import_review_file, write_review_file
from trending.catalog.corrections import newest_corrections
from trending.features.documents import load_documents
from trending.models.calibrators import without_calibration
from trending.models.registry import open_client
from trending.models.thresholds import tune_thresholds
from trending.settings import Settings, TrainSettings
from trending.training.train import TrainResult, train


@pytest.fixture(scope="module")
def wordy(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return wordy_home(tmp_path_factory.mktemp("wordy"), titles=600)[0]


@pytest.fixture(scope="module")
def linear(wordy: Settings) -> TrainResult:
    return train("linear", wordy)


def changed(settings: Settings, section: str, **values: object) -> Settings:
    found = settings.train.model_dump() | {section: values}
    return settings.model_copy(update={"train": TrainSettings.model_validate(found)})


def test_curves_are_chosen_on_validation_and_go_with_the_bundle_and_the_run(
    wordy: Settings, linear: TrainResult
) -> None:
    manifest = linear.bundle.manifest
    assert manifest.calibration is not None
    measured = manifest.calibration["measured"]
    assert [one["genre"] for one in measured["genres"]] == list(manifest.genres)
    assert [one["method"] for one in measured["genres"]] == [
        one["method"] for one in manifest.calibration["calibrators"]
    ]
    assert measured["brier"] < measured["brier_before"]
    assert {one["method"] for one in measured["genres"]} > {"identity"}
    logged = open_client(wordy).get_run(linear.run_id).data.metrics
    assert logged["calibration/brier"] == pytest.approx(measured["brier"])


def test_thresholds_and_scores_are_those_of_what_is_served(wordy: Settings, linear: TrainResult) -> None:
    validation = load_documents(wordy, linear.snapshot_id).subset("validation")
    served = linear.bundle.model.predict_proba(validation.documents)
    assert linear.bundle.thresholds == tune_thresholds(validation.labels, served)
    raw = without_calibration(linear.bundle.model).predict_proba(validation.documents)
    assert np.abs(served - raw).max() > 0.01


def test_without_curves_to_choose_from_the_model_answers_as_it_is(wordy: Settings) -> None:
    bundle = train("linear", changed(wordy, "calibration", methods=[])).bundle
    assert bundle.manifest.calibration is None
    assert bundle.model.calibration is None


def test_a_training_writes_down_which_corrections_it_learnt_from(wordy: Settings, tmp_path: Path) -> None:
    before = train("prior", wordy).bundle
    documents = load_documents(wordy, before.manifest.snapshot_id)
    rows = [
        {"title_id": title_id, "genres": ", ".join(genres), "corrected": "Documentary"}
        for title_id, genres in zip(documents.title_ids, documents.genre_lists(), strict=True)
    ]
    write_review_file(tmp_path / "all.csv", rows)
    import_review_file(wordy, tmp_path / "all.csv", name="ann")
    untouched = train("prior", wordy).bundle
    assert untouched.manifest.state == before.manifest.state
    assert untouched.manifest.settings["labels"]["version"] is None
    told: list[str] = []
    settings = changed(wordy, "labels", corrections=["ann"])

    def report(message: str, /, done: int | None = None, total: int | None = None) -> None:
        told.append(message)

    after = train("prior", settings, report=report).bundle
    shares = dict(zip(after.manifest.genres, after.manifest.state["shares"], strict=True))
    assert shares["Documentary"] == 1
    assert after.manifest.settings["labels"]["version"] == newest_corrections(wordy)
    assert "Labels of 300 titles as corrected" in told
