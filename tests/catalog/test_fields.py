from __future__ import annotations

import pytest

from trending.catalog.fields import (
    Unusable,
    check_plot,
    country_names,
    kind_of,
    rating_of,
    release_year,
    sentiment_of,
)


@pytest.mark.parametrize(
    ("text", "year"), [("1999", 1999), (" 2020 ", 2020), ("1984.0", 1984), ("1870", 1870)]
)
def test_years_are_read_as_sources_write_them(text: str, year: int) -> None:
    assert release_year(text, 2026) == year


@pytest.mark.parametrize("text", ["99", "1999-2001", "MCMXC", "2027", "-1999", "1984.5"])
def test_what_is_no_year_is_unusable(text: str) -> None:
    with pytest.raises(Unusable, match="1870 to 2026"):
        release_year(text, 2026)


@pytest.mark.parametrize("text", ["Movies & more", "", "game"])
def test_an_unknown_kind_is_unusable(text: str) -> None:
    with pytest.raises(Unusable, match="neither a film nor a series"):
        kind_of(text)


def test_the_words_of_scripts_without_spaces_are_not_counted() -> None:
    check_plot("東京で暮らす若い女性の物語", "glass harbour", 4)
    with pytest.raises(Unusable, match="fewer than 4"):
        check_plot("женщина из города", "glass harbour", 4)


def test_countries_come_once_each_and_clean() -> None:
    assert country_names("Norway, Côte d&#39;Ivoire, ,Norway") == ["Norway", "Côte d'Ivoire"]
    assert country_names(None) == []


@pytest.mark.parametrize(("text", "rating"), [("1", 1.0), ("10", 10.0), (" 7.5 ", 7.5)])
def test_ratings_from_one_to_ten_are_read(text: str, rating: float) -> None:
    warnings: list[str] = []
    assert rating_of(text, warnings) == rating
    assert not warnings


@pytest.mark.parametrize("text", ["0", "10.5", "nan", "five stars"])
def test_a_rating_outside_the_scale_is_left_out_with_a_warning(text: str) -> None:
    warnings: list[str] = []
    assert rating_of(text, warnings) is None
    assert repr(text) in warnings[0]


@pytest.mark.parametrize(
    ("text", "sentiment"), [("pos", "positive"), ("Negative", "negative"), ("1", "positive"), ("", None)]
)
def test_sentiments_are_understood(text: str, sentiment: str | None) -> None:
    warnings: list[str] = []
    assert sentiment_of(text, warnings) == sentiment
    assert not warnings
