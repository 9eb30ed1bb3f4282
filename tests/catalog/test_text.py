from __future__ import annotations

import unicodedata

import ftfy
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trending.catalog.text import clean_plot, clean_review, normalise_title, words_of


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("<p>Two<br>lines</p><p>and <b>bo</b>ld</p>", "Two lines and bold"),
        ("Tom &amp; Jerry say &quot;hi&quot;", 'Tom & Jerry say "hi"'),
        ("escaped &amp;quot;twice&amp;quot;", 'escaped "twice"'),
        ("<script>steal()</script>A plot<style>p{}</style>", "A plot"),
        ("cafÃ© and donâ€™t", "café and don't"),
        ("curly ‘quotes’ and “these” – kept", "curly 'quotes' and \"these\" – kept"),
        ("  many\t\n spaces\u00a0here ", "many spaces here"),
        ("zero\u200bwidth\ufeff", "zerowidth"),
        ("Zoe\u0308", "Zoë"),
        ("", ""),
        ("<p></p>", ""),
    ],
)
def test_text_comes_out_plain(text: str, clean: str) -> None:
    assert clean_plot(text) == clean


@pytest.mark.parametrize("text", ["I <3 this", "3 < 4 and 5 > 2", "AT&T meets R&B", "5 stars <but only just"])
def test_signs_that_are_no_markup_stay(text: str) -> None:
    assert clean_plot(text) == text


@given(
    st.text(alphabet=st.characters(min_codepoint=0x20, max_codepoint=0x2122, exclude_categories=["Cc", "Cs"]))
)
def test_the_short_way_around_ftfy_gives_what_ftfy_gives(text: str) -> None:
    text = text.replace("<", "").replace("&", "")
    mended = ftfy.fix_text(text, unescape_html=False, normalization="NFC")
    visible = "".join(c for c in mended if unicodedata.category(c) != "Cf")
    cleaned = "".join(c for c in clean_plot(text) if unicodedata.category(c) != "Cf")
    assert cleaned == " ".join(visible.split())


@given(st.text())
def test_cleaning_text_leaves_no_runs_of_white_space(text: str) -> None:
    clean = clean_plot(text)
    assert clean == " ".join(clean.split())
    assert words_of(words_of(text)) == words_of(text)


def test_reviews_lose_addresses_numbers_and_links_and_say_how_many() -> None:
    text = "Mail me.now+1@mail.example.org or call (212) 555-0143, +44 20 7946 0018; see https://x.example/a?b=1."
    assert clean_review(text) == ("Mail [email] or call [phone], [phone]; see [url].", 4)


@pytest.mark.parametrize(
    "text",
    ["10/10, from 1999-2000", "It made $200-300 million", "Area 51 in 2001", "call 911", "7.5 out of 10"],
)
def test_years_ratings_and_sums_are_no_telephone_numbers(text: str) -> None:
    assert clean_review(text) == (text, 0)


@pytest.mark.parametrize(
    ("title", "same_as"),
    [
        ("Rambo: Last Blood (4K UHD)", "rambo last blood"),
        ("Sake (Subbed) (4k UHD)", "Sake"),
        ("Baahubali 2: The Conclusion (Hindi Version)", "Baahubali 2 - The Conclusion (Tamil Version)"),
        ("Chiara Ferragni: Unposted [English Dubbed]", "Chiara Ferragni: Unposted [English Subbed]"),
        ("Amélie", "AMELIE"),
        ("Don’t Look Up", "Don't look up!"),
        ("Tom & Jerry", "Tom and Jerry"),
        ("Alexander: Director's Cut", "Alexander"),
        ("Halloween (2018)", "Halloween"),
    ],
)
def test_editions_of_a_title_share_a_key(title: str, same_as: str) -> None:
    assert normalise_title(title) == normalise_title(same_as)


@pytest.mark.parametrize(
    ("title", "other"), [("Alien", "Aliens"), ("Yoga (with weights)", "Yoga"), ("कि", "का"), ("It", "Id")]
)
def test_different_titles_keep_different_keys(title: str, other: str) -> None:
    assert normalise_title(title) != normalise_title(other)


@pytest.mark.parametrize("title", ["(4K UHD)", "???", "[English Subtitled]", "東京", "V (Tamil)"])
def test_a_title_is_never_normalised_to_nothing(title: str) -> None:
    assert normalise_title(title)


@pytest.mark.timeout(60)
def test_a_text_of_one_endless_word_is_cleaned_in_time() -> None:
    assert clean_review("a" * 300_000) == ("a" * 300_000, 0)
