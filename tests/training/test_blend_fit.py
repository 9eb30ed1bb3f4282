"""The blend as a training: which models it takes, what it makes of them."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.special import expit

from trending.errors import RegistryError, TrainingError
from trending.evaluation import predict
from trending.evaluation.calibration import log_loss
from trending.evaluation.predict import predict_known
from trending.features.documents import load_documents
from trending.models.blend import BlendModel
from trending.models.bundle import load_bundle
from trending.settings import BlendSettings, Settings
from trending.training.blend import find_member, fit_weights
from trending.training.train import TrainResult, train


def of_members(settings: Settings, *members: str, **values: object) -> Settings:
    blend = BlendSettings.model_validate({"members": members, **values})
    return settings.model_copy(update={"train": settings.train.model_copy(update={"blend": blend})})


@pytest.fixture(scope="module")
def linear(sample_home: Settings) -> TrainResult:
    return train("linear", sample_home)


@pytest.fixture(scope="module")
def blended(sample_home: Settings, linear: TrainResult) -> TrainResult:
    return train("blend", of_members(sample_home, "linear", "champion"))


def draw(seed: int = 2) -> tuple[np.ndarray, np.ndarray]:
    """Labels drawn from 0.8 of one member's logits and 0.4 of another's, biases 1 and -1; a third is noise."""
    random = np.random.default_rng(seed)
    logits = random.normal(0, 2, (3, 4000, 2))
    truth = random.random((4000, 2)) < expit(0.8 * logits[0] + 0.4 * logits[1] + np.array([1, -1]))
    return truth, logits


def test_weights_are_those_that_made_the_labels_and_noise_has_no_say() -> None:
    weights, biases = fit_weights(*draw(), BlendSettings())
    np.testing.assert_allclose(weights, [0.8, 0.4, 0], atol=0.06)
    np.testing.assert_allclose(biases, [1, -1], atol=0.12)


def test_a_member_that_is_always_wrong_has_no_say_rather_than_a_negative_one() -> None:
    truth, logits = draw()
    weights, _ = fit_weights(truth, np.stack([logits[0], -logits[1]]), BlendSettings())
    assert weights[1] == 0
    assert weights[0] > 0.5


def test_without_a_bias_a_genre_only_the_weights_are_fitted() -> None:
    truth, logits = draw()
    _, biases = fit_weights(truth, logits, BlendSettings(genre_bias=False))
    assert biases.tolist() == [0, 0]


def test_few_titles_hardly_move_the_equal_shares() -> None:
    truth, logits = draw()
    weights, _ = fit_weights(truth[:2], logits[:2, :2], BlendSettings(penalty=1000))
    np.testing.assert_allclose(weights, [0.5, 0.5], atol=0.01)


def test_the_blend_has_less_loss_on_validation_than_its_members(
    sample_home: Settings, linear: TrainResult, blended: TrainResult
) -> None:
    model = blended.bundle.model
    assert isinstance(model, BlendModel)
    assert model.members[0].digest == linear.bundle.digest
    assert [one.model.name for one in model.members] == ["linear", "xgboost"]
    validation = load_documents(sample_home, blended.snapshot_id).subset("validation")
    together = predict_known(model, validation.documents, sample_home)
    for member in model.members:
        alone = predict_known(member.model, validation.documents, sample_home)
        assert log_loss(validation.labels, together) < log_loss(validation.labels, alone)


def test_the_blends_bundle_is_all_that_it_needs(blended: TrainResult, tmp_path: Path) -> None:
    documents = ["A sheriff rides into a frontier town to face the bandits.", "A ghost haunts the cellar."]
    moved = shutil.copytree(blended.bundle.folder, tmp_path / "elsewhere")
    again = load_bundle(moved)
    np.testing.assert_allclose(
        again.model.predict_proba(documents), blended.bundle.model.predict_proba(documents), atol=1e-6
    )


def test_known_titles_are_not_embedded_again_for_a_member(
    sample_home: Settings, blended: TrainResult, monkeypatch: pytest.MonkeyPatch
) -> None:
    validation = load_documents(sample_home, blended.snapshot_id).subset("validation")
    asked = []
    kept = predict.embed_documents
    monkeypatch.setattr(
        predict, "embed_documents", lambda texts, *a, **k: asked.append(len(texts)) or kept(texts, *a, **k)
    )
    found = predict_known(blended.bundle.model, validation.documents, sample_home)
    assert asked == [len(validation.documents)]
    np.testing.assert_allclose(
        found[:4], blended.bundle.model.predict_proba(validation.documents[:4]), atol=1e-5
    )


def test_a_kind_means_the_newest_version_that_learnt_from_the_same_titles(
    sample_home: Settings, linear: TrainResult
) -> None:
    newer = train("linear", sample_home)
    train("linear", sample_home, time_split=True)
    documents = load_documents(sample_home, linear.snapshot_id)
    assert find_member("linear", documents, sample_home, time_split=False).version == newer.version


def test_members_that_learnt_from_other_titles_are_refused(
    sample_home: Settings, linear: TrainResult
) -> None:
    documents = load_documents(sample_home, linear.snapshot_id)
    other = replace(documents, snapshot_id=12345)
    with pytest.raises(TrainingError, match=f"snapshot {linear.snapshot_id} instead of 12345"):
        find_member(linear.run_id, other, sample_home, time_split=False)
    with pytest.raises(TrainingError, match=r"No registered xgboost .* snapshot 12345: version"):
        find_member("xgboost", other, sample_home, time_split=False)
    with pytest.raises(TrainingError, match="time split False instead of True"):
        find_member("champion", documents, sample_home, time_split=True)
    with pytest.raises(TrainingError, match=r"genres .* instead of"):
        find_member("champion", replace(documents, genres=("A",)), sample_home, time_split=False)
    train_settings = sample_home.train.model_copy(
        update={"document": sample_home.train.document.model_copy(update={"max_reviews": 9})}
    )
    nine = sample_home.model_copy(update={"train": train_settings})
    with pytest.raises(TrainingError, match="reviews a document 2 instead of 9"):
        find_member("champion", documents, nine, time_split=False)


def test_a_member_that_there_is_not_says_how_to_get_it(sample_home: Settings, linear: TrainResult) -> None:
    documents = load_documents(sample_home, linear.snapshot_id)
    with pytest.raises(TrainingError, match=r"there is none.*trending train bert"):
        find_member("bert", documents, sample_home, time_split=False)
    with pytest.raises(RegistryError, match="oracle"):
        find_member("oracle", documents, sample_home, time_split=False)
