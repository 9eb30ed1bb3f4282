from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from tests.evaluation.fitted import linear_bundle, titles
from trending.evaluation import deletion
from trending.evaluation.explanations import check_explanations
from trending.evaluation.word_effects import WordEffects, word_effects
from trending.models.bundle import Bundle


@pytest.fixture
def bundle(tmp_path: Path) -> Bundle:
    return linear_bundle(tmp_path / "b")


def test_true_explanations_cost_more_than_random_words(bundle: Bundle) -> None:
    found = check_explanations(bundle, titles(), words=2)
    assert (found["method"], found["cases"], found["words"]) == ("terms", 24, 2)
    assert [other["method"] for other in found["others"]] == ["occlusion"]
    for one in (found, *found["others"]):
        assert one["drop_top"] > one["drop_random"]
        low, high = one["difference_ci95"]
        assert 0 < low <= one["difference"] <= high
        assert one["difference"] == pytest.approx(one["drop_top"] - one["drop_random"], abs=2e-4)
        assert one["larger"] > 0.8


def test_explanations_that_name_the_wrong_words_are_found_out(
    bundle: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    def upside_down(*given: object, **options: object) -> Sequence[WordEffects]:
        found = word_effects(*given, **options)  # pyright: ignore
        return [WordEffects(one.words, -one.effects) for one in found]

    monkeypatch.setattr(deletion, "word_effects", upside_down)
    found = check_explanations(bundle, titles(), words=2)
    assert found["difference"] < 0
    assert found["difference_ci95"][1] < 0


def test_examples_say_which_words_went_and_what_was_left(bundle: Bundle) -> None:
    found = check_explanations(bundle, titles(), words=2, cases=5)
    assert found["cases"] == len(found["examples"]) == 5
    example = found["examples"][0]
    document = titles().documents[int(example["title_id"][1:])]
    assert all(word in document for word in example["words"])
    column = bundle.model.genres.index(example["genre"])
    assert example["probability"] == pytest.approx(
        bundle.model.predict_proba([document])[0, column], abs=1e-4
    )
    assert example["without_words"] < example["without_random"]


def test_the_same_seed_gives_the_same_figures(bundle: Bundle) -> None:
    first, again, other = (check_explanations(bundle, titles(), words=2, seed=s) for s in (1, 1, 2))
    assert first == again
    assert first != other


def test_titles_of_too_few_words_say_nothing(bundle: Bundle) -> None:
    found = check_explanations(bundle, titles(), words=50)
    assert found["cases"] == 0
    assert np.isnan(found["drop_top"])
    assert np.isnan(found["difference_ci95"]).all()
