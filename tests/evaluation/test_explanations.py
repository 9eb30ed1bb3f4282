from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.evaluation.fitted import linear_bundle
from trending.errors import EvaluationError
from trending.evaluation.explanations import explain
from trending.evaluation.occlusion import sentence_variants
from trending.models.bundle import Bundle

TEXT = "Title\nA ghost stalks the students. Old friends ride into Tombstone."


@pytest.fixture
def bundle(tmp_path: Path) -> Bundle:
    return linear_bundle(tmp_path / "b")


def test_the_assigned_genres_are_explained_by_their_strongest_words(bundle: Bundle) -> None:
    found = explain(bundle, "A ghost stalks the sheriff and the demon at night", method="occlusion", top=2)
    assert [one.genre for one in found.genres] == ["Horror"]
    (horror,) = found.genres
    assert horror.assigned
    assert horror.probability == pytest.approx(
        bundle.model.predict_proba(["A ghost stalks the sheriff and the demon at night"])[0, 1], abs=1e-4
    )
    assert len(horror.words) == 2
    assert abs(horror.words[0].effect) >= abs(horror.words[1].effect)
    assert found.unit == "probability"


def test_words_against_a_genre_are_shown_as_such(bundle: Bundle) -> None:
    text = "A ghost stalks the sheriff and the demon at night"
    (horror,) = explain(bundle, text, method="terms").genres
    effects = {word.text: word.effect for word in horror.words}
    assert effects["ghost"] > 0 > effects["sheriff"]


def test_sentences_are_left_out_whole_and_the_words_come_in_the_same_batch(
    bundle: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = []
    asked = bundle.model.predict_proba
    monkeypatch.setattr(bundle.model, "predict_proba", lambda documents: calls.append(1) or asked(documents))
    (horror,) = explain(bundle, TEXT, method="occlusion", genres=["Horror"]).genres
    assert len(calls) == 1
    assert horror.sentences[0].text == "A ghost stalks the students."
    whole, rest = asked([TEXT, "Title\nOld friends ride into Tombstone."])
    assert horror.sentences[0].effect == pytest.approx(whole[1] - rest[1], abs=1e-3)


def test_a_document_without_an_assigned_genre_is_explained_by_the_most_probable(tmp_path: Path) -> None:
    bundle = linear_bundle(tmp_path / "strict", threshold=0.999)
    (found,) = explain(bundle, TEXT).genres
    assert found.genre == bundle.model.genres[int(np.argmax(bundle.model.predict_proba([TEXT])[0]))]
    assert not found.assigned


def test_a_genre_that_there_is_not_is_named(bundle: Bundle) -> None:
    with pytest.raises(EvaluationError, match="Noir"):
        explain(bundle, TEXT, genres=["Noir"])


def test_a_title_alone_has_no_sentence_and_lines_stay_lines() -> None:
    assert sentence_variants("T\nOne here. Two here.\nA review.").texts[1:] == (
        "T\nTwo here.\nA review.",
        "T\nOne here.\nA review.",
        "T\nOne here. Two here.\n",
    )
    assert sentence_variants("Only a plot. Of two.").words == ("Only a plot.", "Of two.")
