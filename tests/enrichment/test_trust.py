"""Whom to trust about genres: nobody beyond what unseen titles bear out."""

from __future__ import annotations

import numpy as np
import pytest

from trending.enrichment.trust import Trust, combine, llm_alone, load_trust, log_odds, save_trust, trust_file
from trending.enrichment.trust_learning import Learnt, learn_trust
from trending.errors import EnrichmentError
from trending.settings import Settings

GENRES = ("Comedy", "Drama", "Horror", "Western")
TITLES = 240
LIMITS = (0.5,) * len(GENRES)


def titles_and(noise_of_classifier: float, noise_of_llm: float, seed: int = 3) -> tuple[np.ndarray, ...]:
    """Truth, and the probabilities of two models: log-odds of the truth and noise, each of its own strength."""
    draw = np.random.default_rng(seed)
    truth = draw.random((TITLES, len(GENRES))) < 0.35
    clear = np.where(truth, 1.5, -1.5)
    models = [
        1 / (1 + np.exp(-(clear + noise * draw.standard_normal(truth.shape))))
        for noise in (noise_of_classifier, noise_of_llm)
    ]
    return truth, *models


def learn(truth: np.ndarray, classifier: np.ndarray, llm: np.ndarray) -> Learnt:
    return learn_trust(truth, classifier, llm, LIMITS, GENRES, samples=300, seed=1)


def test_a_language_model_that_knows_something_of_its_own_is_trusted() -> None:
    learnt = learn(*titles_and(2.0, 1.5))
    assert 0.2 < learnt.trust.weight <= 1
    assert learnt.trust.gain > 0
    assert learnt.trust.gain_ci95[0] > 0
    names = [one.name for one in learnt.judged]
    assert names == ["classifier", "language model", "both"]
    assert learnt.judged[2].macro_f1 > max(learnt.judged[0].macro_f1, learnt.judged[1].macro_f1)


@pytest.mark.parametrize("seed", range(5))
def test_noise_is_not_trusted(seed: int) -> None:
    truth, classifier, _ = titles_and(1.0, 1.0, seed)
    noise = np.random.default_rng(seed).random(truth.shape)
    learnt = learn(truth, classifier, noise / noise.sum(axis=1, keepdims=True))
    assert learnt.trust.weight == 0


def test_one_that_always_says_the_same_is_not_trusted() -> None:
    truth, classifier, _ = titles_and(1.5, 1.0)
    parrot = np.tile([0.9, 0.05, 0.03, 0.02], (TITLES, 1))
    assert learn(truth, classifier, parrot).trust.weight == 0


def test_a_gain_that_may_be_chance_is_not_enough() -> None:
    truth, classifier, llm = titles_and(1.5, 2.5)
    few = learn_trust(truth[:30], classifier[:30], llm[:30], LIMITS, GENRES, samples=300, seed=1)
    assert few.trust.gain_ci95[0] <= 0 < few.trust.best_weight
    assert few.trust.weight == 0
    assert learn(truth, classifier, llm).trust.weight > 0, "many titles show that it is none"


def test_a_genre_on_another_scale_is_scaled() -> None:
    """A distribution over genres never reaches the classifier's threshold by itself."""
    truth, classifier, llm = titles_and(3.0, 0.5)
    shrunk = 1 / (1 + np.exp(-(0.2 * log_odds(llm) - 4.0)))
    assert shrunk.max() < 0.5
    learnt = learn(truth, classifier, shrunk)
    assert learnt.trust.weight > 0.5
    alone = llm_alone(dict(zip(GENRES, shrunk[0], strict=True)), learnt.trust)
    assert [alone[genre] > 0.5 for genre in GENRES] == truth[0].tolist()


def test_too_few_titles_teach_nothing() -> None:
    truth, classifier, llm = titles_and(1.0, 1.0)
    with pytest.raises(EnrichmentError, match="at least 20"):
        learn_trust(truth[:5], classifier[:5], llm[:5], LIMITS, GENRES)


def test_without_trust_the_classifiers_word_stands_to_the_last_bit() -> None:
    classifier = {"Comedy": 0.1234567, "Drama": 0.7}
    assert combine(classifier, {"Comedy": 0.9, "Drama": 0.1}, Trust(0.0)) == classifier


def test_evidence_for_a_genre_raises_it_the_more_the_weight() -> None:
    classifier, llm = {"Comedy": 0.2, "Drama": 0.2}, {"Comedy": 0.8, "Drama": 0.1}
    centres = {"Comedy": 0.0, "Drama": 0.0}
    found = [combine(classifier, llm, Trust(w, centres=centres)) for w in (0.0, 0.25, 0.5, 0.75, 1.0)]
    comedy, drama = ([one[genre] for one in found] for genre in ("Comedy", "Drama"))
    assert comedy == sorted(comedy)
    assert drama == sorted(drama, reverse=True)
    assert comedy[-1] == pytest.approx(0.5), "odds of 1 to 4 and of 4 to 1"


def test_what_it_says_of_every_title_is_no_evidence() -> None:
    usual = {"Comedy": float(log_odds(0.9))}
    found = combine({"Comedy": 0.2}, {"Comedy": 0.9}, Trust(0.7, centres=usual))
    assert found["Comedy"] == pytest.approx(0.2)


def test_a_genre_of_only_one_model_is_left_to_it() -> None:
    rule = Trust(0.5, priors={"Drama": 1.0})
    found = combine({"Comedy": 0.2}, {"Drama": 0.6}, rule)
    assert found["Comedy"] == 0.2
    assert found["Drama"] == llm_alone({"Drama": 0.6}, rule)["Drama"] > 0.6


def test_certain_answers_stay_finite() -> None:
    found = combine({"Comedy": 0.0, "Drama": 1.0}, {"Comedy": 1.0, "Drama": 0.0}, Trust(1.0))
    assert found["Comedy"] == pytest.approx(0.5)
    assert found["Drama"] == pytest.approx(0.5)


def test_a_rule_is_kept_for_its_pair_of_models_alone(settings: Settings) -> None:
    rule = Trust(
        0.4, {"Drama": 1.5}, {"Drama": -0.2}, {"Drama": -1.0}, llm_model="small-1", classifier_version="5", titles=60,
        best_weight=0.4, gain=0.02, gain_ci95=(0.01, 0.03),
    )  # fmt: skip
    save_trust(settings, rule)
    kept = load_trust(settings, "small-1", "5")
    assert kept.learnt_at
    assert kept == Trust(**{**vars(rule), "learnt_at": kept.learnt_at})
    for llm_model, version in (("small-1", "6"), ("small-2", "5"), ("", "5")):
        assert load_trust(settings, llm_model, version).weight == 0


def test_a_damaged_rule_is_told(settings: Settings) -> None:
    path = trust_file(settings, "small-1", "5")
    path.parent.mkdir(parents=True)
    path.write_text('{"format": 1, "weight": 0.3}', encoding="utf-8")
    with pytest.raises(EnrichmentError, match="trending trust"):
        load_trust(settings, "small-1", "5")
