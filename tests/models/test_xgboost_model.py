from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import xgboost

from trending.features.embeddings import load_encoder
from trending.models.bundle import load_bundle, save_bundle
from trending.models.xgboost_model import FirstStage, XGBoostModel, stack_features
from trending.settings import EmbeddingSettings, LinearSettings, TrainSettings

GENRES = ("Western", "Horror", "Reality")
WESTERNS = [
    f"A {who} rides into {where} to face the bandits"
    for who in ("marshal", "sheriff", "gunslinger", "cowboy", "bounty hunter")
    for where in ("Tombstone", "a frontier town", "a dusty canyon", "Abilene")
]
HORRORS = [
    f"A {what} stalks the students in {where} at night"
    for what in ("ghost", "vampire", "masked killer", "demon", "werewolf")
    for where in ("a haunted house", "the woods", "an asylum", "the cellar")
]
DOCUMENTS = WESTERNS + HORRORS
ROUNDS = 40
LABELS = np.array([[True, False, False]] * len(WESTERNS) + [[False, True, False]] * len(HORRORS))


@pytest.fixture(scope="module")
def model() -> XGBoostModel:
    encoder = load_encoder(EmbeddingSettings())
    embeddings = encoder.encode(DOCUMENTS)
    settings = TrainSettings(linear=LinearSettings(min_df=1))
    first_stage = FirstStage.fit(DOCUMENTS, embeddings, LABELS, GENRES, settings=settings)
    features = stack_features(embeddings, first_stage.scores(DOCUMENTS, embeddings))
    matrix = xgboost.DMatrix(features, label=LABELS)
    # With so few titles any one feature tells the genres apart; few at a time make the trees use many.
    parameters = {"objective": "binary:logistic", "max_depth": 3, "colsample_bytree": 0.1}
    booster = xgboost.train(parameters, matrix, num_boost_round=ROUNDS)
    return XGBoostModel(first_stage, encoder, booster)


def test_probabilities_are_of_the_documents_genres(model: XGBoostModel) -> None:
    found = model.predict_proba(["A cowboy rides into the canyon", "A vampire stalks the cellar at night"])
    assert found.shape == (2, 3)
    assert found.dtype == np.float32
    assert found.argmax(axis=1).tolist() == [0, 1]
    assert model.predict_proba([]).shape == (0, 3)


def test_an_answer_is_the_same_whatever_documents_are_asked_with_it(model: XGBoostModel) -> None:
    asked = [*DOCUMENTS[:4], "A ghost.", *DOCUMENTS[-3:]]
    together = model.predict_proba(asked)
    alone = np.vstack([model.predict_proba([document]) for document in asked])
    np.testing.assert_array_equal(together, alone)


def test_the_bundle_holds_all_that_the_model_needs(model: XGBoostModel, tmp_path: Path) -> None:
    save_bundle(model, tmp_path / "b", thresholds=[0.5] * 3, snapshot_id=1, max_reviews=2)
    again = load_bundle(tmp_path / "b").model
    assert isinstance(again, XGBoostModel)
    assert again.rounds == model.rounds == ROUNDS
    assert again.encoder.folder.is_relative_to(tmp_path)
    np.testing.assert_array_equal(again.predict_proba(DOCUMENTS), model.predict_proba(DOCUMENTS))
