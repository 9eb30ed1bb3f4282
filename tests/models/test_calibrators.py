from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from trending.errors import BundleError
from trending.models.blend import BlendModel, Member
from trending.models.bundle import MANIFEST, SEAL, load_bundle, save_bundle
from trending.models.calibrators import (
    Calibration,
    Calibrator,
    Method,
    log_odds,
    sigmoid,
    without_calibration,
)
from trending.models.keyword import KeywordModel
from trending.models.linear import LinearModel
from trending.models.prior import PriorModel
from trending.models.pyfunc import PyfuncModel
from trending.settings import LinearSettings

GENRES = ("Western", "Horror")
DOCUMENTS = [
    "High Noon\nA marshal waits for the noon train",
    "Rio Bravo\nA sheriff guards a prisoner in a frontier town",
    "The Thing\nA shape-shifting creature stalks an Antarctic station",
    "Alien\nA creature hunts the crew of a towing ship",
]
LABELS = np.array([[True, False], [True, False], [False, True], [False, True]])
CURVES: dict[Method, Calibrator] = {
    "identity": Calibrator(),
    "temperature": Calibrator("temperature", slope=0.5),
    "platt": Calibrator("platt", slope=2.0, intercept=-1.0),
    "isotonic": Calibrator("isotonic", knots=((0.0, 0.0), (0.4, 0.1), (1.0, 1.0))),
}
HALVED = Calibration((Calibrator("isotonic", knots=((0.0, 0.0), (1.0, 0.5))),) * 2)


def linear() -> LinearModel:
    return LinearModel.fit(DOCUMENTS, LABELS, GENRES, settings=LinearSettings(min_df=1))


def test_each_curve_says_what_its_numbers_mean() -> None:
    given = np.array([[0.2] * 4, [0.9] * 4], np.float32)
    found = Calibration(tuple(CURVES.values())).apply(given)
    expected = [
        given[:, 0],
        sigmoid(0.5 * log_odds(given[:, 1])),
        sigmoid(2 * log_odds(given[:, 2]) - 1),
        [0.05, 0.1 + 0.9 * 0.5 / 0.6],
    ]
    np.testing.assert_allclose(found, np.array(expected).T, rtol=1e-6)
    assert found.dtype == np.float32
    assert found[0, 0] == given[0, 0], "identity changes no bit"


@pytest.mark.parametrize("method", CURVES)
def test_a_curve_never_turns_two_titles_round_and_stays_a_probability(method: Method) -> None:
    given = np.linspace(0, 1, 1001)
    found = CURVES[method].apply(given)
    assert (np.diff(found) >= 0).all()
    assert found.min() >= 0
    assert found.max() <= 1


@pytest.mark.parametrize("method", CURVES)
def test_a_curve_is_the_same_after_its_way_through_json(method: Method) -> None:
    calibration = Calibration((CURVES[method], Calibrator()))
    again = Calibration.from_json(json.loads(json.dumps(calibration.as_json())))
    assert again == calibration


def test_no_document_is_answered_with_no_row() -> None:
    assert Calibration(tuple(CURVES.values())).apply(np.zeros((0, 4), np.float32)).shape == (0, 4)


@pytest.mark.parametrize(
    "wrong",
    [
        {"method": "magic", "slope": 1, "intercept": 0, "knots": []},
        {"method": "platt", "slope": -1, "intercept": 0, "knots": []},
        {"method": "platt", "slope": float("nan"), "intercept": 0, "knots": []},
        {"method": "isotonic", "slope": 1, "intercept": 0, "knots": [[0, 0]]},
        {"method": "isotonic", "slope": 1, "intercept": 0, "knots": [[0, 0.5], [1, 0.4]]},
        {"method": "isotonic", "slope": 1, "intercept": 0, "knots": [[0, 0], [1, 1.5]]},
        {"method": "platt"},
        "platt",
    ],
)
def test_what_is_no_increasing_curve_is_refused(wrong: object) -> None:
    with pytest.raises(ValueError, match=r"calibrat|curve|knots"):
        Calibration.from_json([wrong])  # pyright: ignore[reportArgumentType]


def test_the_bundle_answers_calibrated_wherever_it_is_asked(tmp_path: Path) -> None:
    model = linear()
    raw = model.predict_proba(DOCUMENTS)
    model.calibration = HALVED
    bundle = save_bundle(
        model, tmp_path / "b", thresholds=[0.3, 0.3], snapshot_id=7, max_reviews=2, measured={"brier": 0.1}
    )
    again = load_bundle(bundle.folder)
    np.testing.assert_allclose(again.model.predict_proba(DOCUMENTS), raw / 2, rtol=1e-6)
    found = PyfuncModel(again).predict(_frame())
    np.testing.assert_allclose(found.to_numpy(), raw / 2, rtol=1e-6)
    assert again.predict(DOCUMENTS) == [[GENRES[int(row.argmax())]] for row in raw]
    assert again.manifest.calibration is not None
    assert again.manifest.calibration["measured"] == {"brier": 0.1}


@pytest.mark.parametrize(
    "model",
    [linear(), PriorModel(GENRES, [0.6, 0.2]), KeywordModel(GENRES, [0.9, 0.8], [0.1, 0.2])],
    ids=lambda model: model.name,
)
def test_every_kind_of_model_answers_through_its_calibration(
    model: LinearModel | PriorModel | KeywordModel,
) -> None:
    raw = model.predict_proba(DOCUMENTS)
    model.calibration = HALVED
    np.testing.assert_allclose(model.predict_proba(DOCUMENTS), raw / 2, rtol=1e-6)
    np.testing.assert_array_equal(without_calibration(model).predict_proba(DOCUMENTS), raw)
    assert model.calibration is HALVED


def test_a_blend_calibrates_what_its_members_come_to_and_not_the_members(tmp_path: Path) -> None:
    raw = linear()
    member = linear()
    member.calibration = HALVED
    plain = BlendModel([Member(raw, "a"), Member(raw, "b")], weights=[0.5, 0.5], biases=[0, 0])
    blend = BlendModel([Member(member, "a"), Member(member, "b")], weights=[0.5, 0.5], biases=[0, 0])
    expected = plain.predict_proba(DOCUMENTS)
    np.testing.assert_array_equal(blend.predict_proba(DOCUMENTS), expected)
    assert member.calibration is HALVED, "the bundle that the member came from is as it was"
    blend.calibration = HALVED
    save_bundle(blend, tmp_path / "b", thresholds=[0.5, 0.5], snapshot_id=1, max_reviews=2)
    np.testing.assert_allclose(
        load_bundle(tmp_path / "b").model.predict_proba(DOCUMENTS), expected / 2, rtol=1e-5
    )


def test_a_bundle_from_before_there_was_calibration_answers_as_it_did(tmp_path: Path) -> None:
    folder = _saved(tmp_path / "b")
    _rewrite(folder, lambda manifest: manifest.pop("calibration"))
    bundle = load_bundle(folder)
    assert bundle.model.calibration is None
    np.testing.assert_array_equal(bundle.model.predict_proba(DOCUMENTS), linear().predict_proba(DOCUMENTS))


def test_a_manifest_with_a_wrong_calibration_is_not_served(tmp_path: Path) -> None:
    folder = _saved(tmp_path / "b")
    _rewrite(folder, lambda m: m.update(calibration={"calibrators": Calibration((Calibrator(),)).as_json()}))
    with pytest.raises(BundleError, match="1 calibrators for 2 genres"):
        load_bundle(folder)
    _rewrite(folder, lambda m: m.update(calibration={}))
    with pytest.raises(BundleError, match="does not load"):
        load_bundle(folder)


def _saved(folder: Path) -> Path:
    return save_bundle(linear(), folder, thresholds=[0.5, 0.5], snapshot_id=7, max_reviews=2).folder


def _rewrite(folder: Path, change: object) -> None:
    manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    change(manifest)  # type: ignore[operator]
    (folder / MANIFEST).write_text(json.dumps(manifest), encoding="utf-8")
    digest = hashlib.sha256((folder / MANIFEST).read_bytes()).hexdigest()
    (folder / SEAL).write_text(digest + "\n", encoding="ascii")


def _frame() -> pd.DataFrame:
    return pd.DataFrame({"document": DOCUMENTS})
