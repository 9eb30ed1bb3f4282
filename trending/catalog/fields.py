"""Single fields of a row: text as found to a value, or why there is none.

What a row cannot do without raises `Unusable`, and the row goes to quarantine; what it can do without becomes
None with a sentence added to the row's `warnings`.
"""

from __future__ import annotations

import re

import numpy as np

from trending.catalog.text import clean_plot

FIRST_YEAR = 1870
"""No film is older."""
MAX_RATING = 10

_MOVIE_WORDS = ("movie", "film", "feature", "feature film", "short", "short film", "tv movie")
_SHOW_WORDS = (
    *("show", "tv show", "tv", "series", "tv series", "limited series", "mini series", "tv mini series"),
    *("miniseries", "docuseries"),
)
_KINDS = {**dict.fromkeys(_MOVIE_WORDS, "movie"), **dict.fromkeys(_SHOW_WORDS, "show")}
_SENTIMENTS = {
    **dict.fromkeys(("positive", "pos", "1"), "positive"),
    **dict.fromkeys(("negative", "neg", "0"), "negative"),
}
_YEAR = re.compile(r"(\d{4})(?:\.0+)?")
_TEST_TEXT = re.compile(
    r"(?:test|testing)(?: (?:description|movie|plot|season|summary|text|title|upload|video)\b.*)?"
    r"|(?:lorem ipsum|asdf)\b.*|(?:plot |description )?not available|no (?:plot|description)(?: available)?"
    r"|coming soon|tb[ad]|n a"
)
# Thai, Lao, Burmese, Khmer, Japanese and Chinese are written without spaces: their words are not counted.
_UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]")


class Unusable(ValueError):
    """The row goes to quarantine; the message is the reason."""


def check_plot(plot: str, title: str, min_words: int) -> None:
    """Raise `Unusable` for a plot that tells nothing; both texts as `text.words_of` gives them."""
    if not plot:
        raise Unusable("no plot")
    if plot == title:
        raise Unusable("the plot only repeats the title")
    if _TEST_TEXT.fullmatch(plot):
        raise Unusable("the plot is a test text")
    if plot.count(" ") + 1 < min_words and not _UNSPACED.search(plot):
        raise Unusable(f"the plot has fewer than {min_words} words")


def kind_of(text: str | None) -> str:
    """`movie` or `show`; raises `Unusable` for any other kind."""
    kind = _KINDS.get(" ".join((text or "").replace("_", " ").replace("-", " ").split()).casefold())
    if kind is None:
        raise Unusable(f"kind {text!r} is neither a film nor a series")
    return kind


def release_year(text: str | None, last_year: int) -> int:
    """A year from `FIRST_YEAR` to `last_year`; raises `Unusable` for any other text."""
    text = (text or "").strip()
    if not text:
        raise Unusable("no release year")
    match = _YEAR.fullmatch(text)
    if not match or not FIRST_YEAR <= int(match[1]) <= last_year:
        raise Unusable(f"release year {text!r} is not a year from {FIRST_YEAR} to {last_year}")
    return int(match[1])


def country_names(text: str | None) -> list[str]:
    """The countries in a cell such as `Norway, Denmark`, each once."""
    return list(dict.fromkeys(name for part in (text or "").split(",") if (name := clean_plot(part))))


def rating_of(text: str | None, warnings: list[str]) -> float | None:
    """A number from 1 to `MAX_RATING`, rounded as the table holds it."""
    text = (text or "").strip()
    if not text:
        return None
    try:
        rating = float(text)
    except ValueError:
        rating = 0.0
    if 1 <= rating <= MAX_RATING:
        return float(np.float32(rating))
    warnings.append(f"rating {text!r} is not a number from 1 to {MAX_RATING}")
    return None


def sentiment_of(text: str | None, warnings: list[str]) -> str | None:
    """`positive` or `negative`."""
    text = (text or "").strip().casefold()
    if text and text not in _SENTIMENTS:
        warnings.append(f"sentiment {text!r} is neither positive nor negative")
    return _SENTIMENTS.get(text)
