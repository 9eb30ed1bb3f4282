from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from trending.errors import BundleError
from trending.models.blend import BlendModel, Member
from trending.models.bundle import load_bundle, save_bundle
from trending.models.keyword import KeywordModel
from trending.models.linear import LinearModel
from trending.settings import LinearSettings

GENRES = ("Western", "Horror")
DOCUMENTS = [
    "High Noon\nA marshal waits for the noon train",
    "Rio Bravo\nA sheriff guards a prisoner in a frontier town",
    "The Thing\nA shape-shifting creature stalks an Antarctic station",
    "Alien\nA creature hunts the crew of a towing ship",
]
LABELS = np.array([[True, False], [True, False], [False, True], [False, True]])


@pytest.fixture(scope="module")
def members() -> list[Member]:
    linear = LinearModel.fit(DOCUMENTS, LABELS, GENRES, settings=LinearSettings(min_df=1))
    keyword = KeywordModel.fit(DOCUMENTS, LABELS, GENRES)
    return [Member(linear, "digest of linear"), Member(keyword, "digest of keyword")]


def test_a_blend_of_one_voice_answers_as_that_member(members: list[Member]) -> None:
    blend = BlendModel(members, weights=[1, 0], biases=[0, 0])
    expected = members[0].model.predict_proba(DOCUMENTS)
    assert blend.genres == GENRES
    np.testing.assert_allclose(blend.predict_proba(DOCUMENTS), expected, atol=1e-6)
    assert blend.predict_proba([]).shape == (0, 2)


def test_log_odds_are_weighed_and_moved(members: list[Member]) -> None:
    blend = BlendModel(members, weights=[0.5, 0.25], biases=[0, 1])
    found = blend.combine([np.array([[0.8, 0.5]], np.float32), np.array([[0.2, 0.5]], np.float32)])
    expected = 1 / (1 + np.exp(-np.array([[np.log(4) / 4, 1.0]])))
    np.testing.assert_allclose(found, expected, atol=1e-6)
    assert found.dtype == np.float32


def test_certain_members_leave_the_blend_finite(members: list[Member]) -> None:
    blend = BlendModel(members, weights=[1, 1], biases=[0, 0])
    found = blend.combine([np.array([[1, 0]], np.float32), np.array([[0, 0]], np.float32)])
    assert found[0, 0] == pytest.approx(0.5, abs=1e-3)
    assert 0 <= found[0, 1] < 1e-6


def test_the_bundle_holds_the_members_whole(members: list[Member], tmp_path: Path) -> None:
    blend = BlendModel(members, weights=[0.7, 0.4], biases=[0.1, -0.2])
    bundle = save_bundle(blend, tmp_path / "b", thresholds=[0.5, 0.5], snapshot_id=1, max_reviews=2)
    again = load_bundle(tmp_path / "b").model
    assert isinstance(again, BlendModel)
    assert [type(one.model) for one in again.members] == [LinearModel, KeywordModel]
    assert [one.digest for one in again.members] == ["digest of linear", "digest of keyword"]
    np.testing.assert_array_equal(again.predict_proba(DOCUMENTS), blend.predict_proba(DOCUMENTS))
    assert bundle.manifest.state["weights"] == [0.7, 0.4]


def test_one_changed_byte_of_a_member_is_found(members: list[Member], tmp_path: Path) -> None:
    blend = BlendModel(members, weights=[1, 1], biases=[0, 0])
    bundle = save_bundle(blend, tmp_path / "b", thresholds=[0.5, 0.5], snapshot_id=1, max_reviews=2)
    (name,) = [name for name in bundle.manifest.files if name.endswith("0-linear/linear.safetensors")]
    data = (bundle.folder / name).read_bytes()
    (bundle.folder / name).write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    with pytest.raises(BundleError, match="changed"):
        load_bundle(bundle.folder)
