from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.evaluation.wordy_titles import genres_known, too_high, wordy_home
from trending.errors import TrainingError
from trending.evaluation.calibrating import fit_on
from trending.evaluation.calibration_check import CALIBRATED, RAW, check_calibration
from trending.evaluation.predict import predict_known
from trending.features.documents import load_documents
from trending.models.bundle import load_bundle, save_bundle
from trending.models.calibrators import without_calibration
from trending.settings import Settings


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> tuple[Settings, int]:
    """Titles of three genres, and the snapshot that holds them."""
    return wordy_home(tmp_path_factory.mktemp("wordy"), titles=3000)


def bundled(settings: Settings, snapshot: int, folder: Path, *, calibrate: bool) -> Path:
    """A linear model whose probabilities are far too high, with its calibration or without."""
    documents = load_documents(settings, snapshot)
    model = too_high(documents)
    if calibrate:
        validation = documents.subset("validation")
        given = predict_known(model, validation.documents, settings)
        model.calibration = fit_on(validation, given, settings.train).calibration
    thresholds = [0.5] * len(documents.genres)
    save_bundle(model, folder, thresholds=thresholds, snapshot_id=snapshot, max_reviews=2)
    return folder


def test_calibration_halves_the_error_on_titles_that_nothing_was_fitted_on(
    home: tuple[Settings, int], tmp_path: Path
) -> None:
    settings, snapshot = home
    folder = bundled(settings, snapshot, tmp_path / "b", calibrate=True)
    found = check_calibration(settings, str(folder))
    means = found.means(least=100)
    assert means[CALIBRATED] < means[RAW] / 2
    assert means["by chance"] < means[RAW]
    assert not found.fitted_here
    known = genres_known()
    assert {found.methods[genre] for genre in known} <= {"temperature", "platt", "isotonic"}
    assert {method for genre, method in found.methods.items() if genre not in known} == {"identity"}
    brier = {row.genre: row.brier for row in found.stages[RAW]}
    assert all(row.brier < brier[row.genre] for row in found.stages[CALIBRATED] if row.genre in known)


def test_a_bundle_without_calibration_is_shown_with_the_one_it_would_get(
    home: tuple[Settings, int], tmp_path: Path
) -> None:
    settings, snapshot = home
    with_one = bundled(settings, snapshot, tmp_path / "with", calibrate=True)
    without = bundled(settings, snapshot, tmp_path / "without", calibrate=False)
    now, would_be = (check_calibration(settings, str(folder)) for folder in (with_one, without))
    assert would_be.fitted_here
    assert would_be.stages == now.stages
    assert load_bundle(without).model.calibration is None


def test_known_titles_are_answered_calibrated(home: tuple[Settings, int], tmp_path: Path) -> None:
    settings, snapshot = home
    model = load_bundle(bundled(settings, snapshot, tmp_path / "b", calibrate=True)).model
    asked = load_documents(settings, snapshot).subset("test").documents
    found = predict_known(model, asked, settings)
    np.testing.assert_array_equal(found, model.predict_proba(asked))
    raw = predict_known(without_calibration(model), asked, settings)
    assert np.abs(found - raw).max() > 0.05


def test_without_test_titles_there_is_nothing_to_check(tmp_path: Path) -> None:
    settings, snapshot = wordy_home(tmp_path / "home", titles=60, splits=("train", "validation"))
    folder = bundled(settings, snapshot, tmp_path / "b", calibrate=False)
    with pytest.raises(TrainingError, match="no test title"):
        check_calibration(settings, str(folder))
