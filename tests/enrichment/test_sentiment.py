"""How positive a review is: learnt once, kept, the same for everybody."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from trending.enrichment import sentiment as module
from trending.enrichment.sentiment import FIGURES, VERSION, fit_sentiment, load_sentiment
from trending.errors import EnrichmentError
from trending.settings import Settings
from trending.sources.reviews_package import labelled_reviews

PRAISE = (
    "A wonderful, moving film; I loved every minute.",
    "Superb acting, and the best ending of the year.",
)
BLAME = ("A dull and terrible waste of time.", "The worst script, boring and awful acting.")


@pytest.fixture(scope="module")
def labelled() -> list[tuple[str, bool]]:
    return labelled_reviews()


def test_the_package_has_as_many_positive_reviews_as_negative_ones(labelled: list[tuple[str, bool]]) -> None:
    assert len(labelled) == 33_530
    assert sum(positive for _, positive in labelled) == 16_765


def test_praise_is_above_blame_and_held_out_reviews_are_told_apart(labelled: list[tuple[str, bool]]) -> None:
    found = fit_sentiment(labelled, reviews=3000, held_out=1500)
    scores = found.scores([*PRAISE, *BLAME])
    assert scores.dtype == np.float32
    assert scores[:2].min() > 0.6
    assert scores[2:].max() < 0.4
    assert found.figures.reviews == 3000
    assert found.figures.accuracy > 0.7
    assert found.figures.auc > 0.78


def test_a_text_that_says_nothing_is_in_the_middle(labelled: list[tuple[str, bool]]) -> None:
    found = fit_sentiment(labelled, reviews=1500, held_out=1500)
    assert found.scores(["", "qqq zzz"]) == pytest.approx([0.5, 0.5], abs=0.15)
    assert len(found.scores([])) == 0


def test_the_same_reviews_give_the_same_model(labelled: list[tuple[str, bool]]) -> None:
    first, second = (fit_sentiment(labelled[::8], reviews=800, held_out=800) for _ in range(2))
    assert first.figures == second.figures
    assert np.array_equal(first.scores([*PRAISE, *BLAME]), second.scores([*PRAISE, *BLAME]))


def test_it_is_fitted_once_however_many_ask(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    fits = small_fits(monkeypatch)
    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(lambda _: load_sentiment(settings), range(4)))
    assert len(fits) == 1
    answers = [one.scores([*PRAISE, *BLAME]).tolist() for one in found]
    assert answers == [answers[0]] * 4
    kept = json.loads((settings.enrichment_dir / VERSION / FIGURES).read_text(encoding="utf-8"))
    assert kept["figures"]["accuracy"] == found[0].figures.accuracy


def test_a_fit_that_was_killed_half_way_is_made_again(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    small_fits(monkeypatch)
    part = (settings.enrichment_dir / VERSION).with_suffix(".part")
    part.mkdir(parents=True)
    (part / "vocabulary.json").write_text("[", encoding="utf-8")
    assert len(load_sentiment(settings).scores(PRAISE)) == 2


def test_damaged_files_are_told(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    small_fits(monkeypatch)
    load_sentiment(settings)
    (settings.enrichment_dir / VERSION / FIGURES).write_text("{", encoding="utf-8")
    with pytest.raises(EnrichmentError, match="Delete the folder"):
        load_sentiment(settings)


def small_fits(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Makes fits small; returns a list that grows with each."""
    fits: list[int] = []
    whole = module.fit_sentiment

    def small(labelled: list[tuple[str, bool]]) -> module.Sentiment:
        fits.append(1)
        return whole(labelled[::8], reviews=800, held_out=800)

    monkeypatch.setattr(module, "fit_sentiment", small)
    return fits
