"""What single words do: by leaving them out, and by what a model adds up."""

from __future__ import annotations

import numpy as np
import pytest
import xgboost

from tests.evaluation.fitted import DOCUMENTS, GENRES, LABELS, linear_model
from trending.errors import EvaluationError
from trending.evaluation.word_effects import methods_of, term_effects, word_effects
from trending.features.embeddings import load_encoder
from trending.models.keyword import KeywordModel
from trending.models.xgboost_model import FirstStage, XGBoostModel, split_features, stack_features
from trending.settings import EmbeddingSettings, LinearSettings, TrainSettings


@pytest.fixture(scope="module")
def trees() -> XGBoostModel:
    encoder = load_encoder(EmbeddingSettings())
    embeddings = encoder.encode(DOCUMENTS)
    settings = TrainSettings(linear=LinearSettings(min_df=1))
    first_stage = FirstStage.fit(DOCUMENTS, embeddings, LABELS, GENRES, settings=settings)
    features = stack_features(embeddings, first_stage.scores(DOCUMENTS, embeddings))
    # With so few titles any one feature tells the genres apart; without the others, the trees use the words.
    features[:, : encoder.width] = 0
    features[:, encoder.width + len(GENRES) :] = 0
    parameters = {"objective": "binary:logistic", "max_depth": 3}
    matrix = xgboost.DMatrix(features, label=LABELS)
    return XGBoostModel(first_stage, encoder, xgboost.train(parameters, matrix, num_boost_round=40))


def test_a_linear_models_terms_add_up_to_its_log_odds() -> None:
    model = linear_model()
    (found,) = term_effects(model, [DOCUMENTS[0]])
    bias = model.scores([""])[0]
    np.testing.assert_allclose(found.effects.sum(axis=0) + bias, model.scores([DOCUMENTS[0]])[0], atol=1e-5)
    assert "marshal rides" in found.words


def test_words_share_the_effect_of_their_pairs() -> None:
    (words,) = word_effects(linear_model(), ["Ghost stalks"], method="terms")
    (terms,) = term_effects(linear_model(), ["Ghost stalks"])
    by_term = dict(zip(terms.words, terms.effects, strict=True))
    assert words.words == ("Ghost", "stalks")
    pair = by_term["ghost stalks"] / 2
    np.testing.assert_allclose(words.effects, [by_term["ghost"] + pair, by_term["stalks"] + pair])


def test_accents_and_signs_do_not_part_a_word_from_its_terms() -> None:
    plain, signed = word_effects(linear_model(), ["vampire ghost", "vámpire-ghost"], method="terms")
    assert signed.words == ("vámpire-ghost",)
    assert signed.effects[0, 1] > 0
    np.testing.assert_allclose(signed.effects.sum(axis=0), plain.effects.sum(axis=0), atol=1e-6)


def test_leaving_out_a_word_costs_the_genre_that_it_speaks_for() -> None:
    model = linear_model()
    (found,) = word_effects(model, ["A ghost waits"], method="occlusion")
    whole, without = model.predict_proba(["A ghost waits", "A  waits"])
    row = found.words.index("ghost")
    np.testing.assert_allclose(found.effects[row], whole - without, atol=1e-6)
    assert found.effects[row, 1] > 0 > found.effects[row, 0]


def test_many_documents_are_one_batch_and_each_gets_its_own() -> None:
    model = linear_model()
    calls = []
    asked = model.predict_proba
    model.predict_proba = lambda documents: calls.append(len(documents)) or asked(documents)  # pyright: ignore
    documents = [DOCUMENTS[0], "1984", DOCUMENTS[-1]]
    together = word_effects(model, documents, method="occlusion")
    assert len(calls) == 1
    for document, one in zip(documents, together, strict=True):
        (alone,) = word_effects(model, [document], method="occlusion")
        assert one.words == alone.words
        np.testing.assert_allclose(one.effects, alone.effects, atol=1e-6)
    assert word_effects(model, [], method="occlusion") == []


def test_trees_deal_out_what_they_take_from_words_and_keep_the_rest_apart(trees: XGBoostModel) -> None:
    contributions = trees.contributions([DOCUMENTS[0]])[0]
    margin = trees.booster.predict(
        xgboost.DMatrix(trees.first_stage.features([DOCUMENTS[0]], trees.encoder.encode([DOCUMENTS[0]]))),
        output_margin=True,
    ).reshape(-1)
    np.testing.assert_allclose(contributions.sum(axis=1), margin, atol=1e-4)
    (found,) = term_effects(trees, [DOCUMENTS[0]])
    np.testing.assert_allclose(sum(found.parts.values()), margin, atol=1e-4)
    groups = split_features(contributions[:, :-1], len(GENRES))
    np.testing.assert_allclose(found.parts["words"], groups.linear.sum(axis=1), atol=1e-6)
    np.testing.assert_allclose(found.effects.sum(axis=0), found.parts["words"], atol=1e-4)
    western, horror = found.effects[found.words.index("marshal"), :2]
    assert western > 0 > horror


def test_a_model_is_explained_in_the_ways_that_there_are_for_it(trees: XGBoostModel) -> None:
    keyword = KeywordModel.fit(DOCUMENTS, LABELS, GENRES)
    assert methods_of(trees) == ("occlusion", "terms")
    assert methods_of(linear_model()) == ("terms", "occlusion")
    assert methods_of(keyword) == ("occlusion",)
    with pytest.raises(EvaluationError, match="keyword"):
        word_effects(keyword, DOCUMENTS[:1], method="terms")
