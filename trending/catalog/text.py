"""Plain text out of what sources deliver: no markup, no mojibake, one kind of white space."""

from __future__ import annotations

import re
import string
import unicodedata
from functools import lru_cache

_INVISIBLE = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff\u00ad]")
_ENTITY = re.compile(r"&(?:#\d+|#[xX][0-9a-fA-F]+|[a-zA-Z][a-zA-Z0-9]+);")
# Four in five texts beyond ASCII hold only these, which ftfy would leave alone but for the quotes; it costs
# thirty times as much. UTF-8 read as Latin-1 or Windows-1252 is a letter and a sign from the second half.
_ONLY_WESTERN = re.compile(
    "[\\x20-\\x7e\\n\\t\\xa0\\xa9\\xae\\xc0-\\xff\u2013\u2014\u2018\u2019\u201c\u201d\u2026\u2122]*"
)
_MAYBE_MOJIBAKE = re.compile("[\\xc2-\\xf4][\\x80-\\xbf\u0152-\u02dc\u2013-\u203a\u20ac\u2122]")
_STRAIGHT_QUOTES = str.maketrans("\u2018\u2019\u201c\u201d", "''\"\"")
_UNCLOSED = re.compile(r"<(?=[^<>]*(?:<|$))")
_BLOCKS = "br,p,div,li,ul,ol,tr,td,th,h1,h2,h3,h4,h5,h6,blockquote,hr,section,article"

_WORDS = re.compile(r"[^\W_]+(?:[\u0900-\u0dff\u0e00-\u0e7f]+[^\W_]*)*")
_PUNCTUATION = str.maketrans(dict.fromkeys(string.punctuation, " "))
_ACCENTS = re.compile("[\u0300-\u036f]")
_APOSTROPHES = re.compile("['\u2018\u2019\u02bc`\u00b4]")
_LANGUAGES = (
    "arabic|bengali|brazilian|cantonese|chinese|english|french|german|gujarati|hebrew|hindi|indonesian|italian"
    "|japanese|kannada|korean|malayalam|mandarin|marathi|polish|portuguese|punjabi|russian|spanish|tamil"
    "|tel[ue]gu|thai|turkish|urdu|vietnamese"
)
_MARK = (
    rf"(?:(?:us |latin american? |original )?(?:{_LANGUAGES})"
    r"(?: (?:language|audio|dub(?:bed)?|sub(?:bed|titled|titles|s)?|ver(?:sion|\.)?))*"
    r"|dub(?:bed)?|sub(?:bed|titled|s)?|(?:4k )?u?hd|4k|(?:digitally )?re(?:stored|mastered)(?: version)?"
    r"|(?:the )?(?:director'?s|extended|unrated|uncut|special|deluxe|collector'?s|anniversary|theatrical)"
    r" (?:cut|edition|version)|extended|unrated|uncut|(?:in )?colou?r(?:i[sz]ed)?(?: version)?"
    r"|black (?:&|and) white(?: version)?|b&w)"
)
_STRONG_MARK = (
    rf"(?:(?:{_LANGUAGES}) (?:dub(?:bed)?|sub(?:bed|titled)?|version)|4k u?hd|(?:digitally )?remastered"
    r"|(?:the )?(?:director'?s cut|extended (?:cut|edition|version)|unrated version))"
)
_EDITION = re.compile(
    rf"\s*(?:\((?:{_MARK}|(?:18|19|20)\d\d)\)|\[{_MARK}\]|[-:|\u2013\u2014]\s*{_STRONG_MARK})\s*$",
    re.IGNORECASE,
)

_URL = re.compile(r"(?:https?://|www\.)[^\s<>\"']*[^\s<>\"'.,;:!?)\]]", re.IGNORECASE)
# A bounded name: without, a text of one long word would cost the square of its length.
_EMAIL = re.compile(r"[\w.+-]{1,64}@[\w-]+(?:\.[\w-]+)*\.[a-zA-Z]{2,}")
_PHONE = re.compile(
    r"""(?<![\w$£€.,:/-])
    (?: \+\d{1,3}[\s.-]?(?:\(\d{1,4}\)[\s.-]?)?\d{1,4}(?:[\s.-]?\d{2,4}){2,4}   # international
      | \(\d{3}\)\s?\d{3}[\s.-]\d{4}                                            # (212) 555-0143
      | \d{3}[.-]\d{3}[.-]\d{4}                                                 # 212-555-0143
      | 0\d{2,4}[\s-]\d{3,4}[\s-]?\d{3,4}                                       # 020 7946 0018
      | \d{3}-\d{4}(?=[^\d-]|$)(?<=555-\d{4}) )                                 # 555-0143
    (?![\w-])""",
    re.VERBOSE,
)
_MASKS = ((_URL, "[url]"), (_EMAIL, "[email]"), (_PHONE, "[phone]"))


def clean_plot(text: str) -> str:
    """The text without HTML, mojibake, invisible characters and runs of white space; Unicode form NFC."""
    if "<" in text or ("&" in text and _ENTITY.search(text)):
        text = _without_html(text)
    if not text.isascii():
        text = _mended(text)
    return " ".join(text.split())


def clean_review(text: str) -> tuple[str, int]:
    """The cleaned text with web addresses, e-mail addresses and phone numbers masked, and how many were."""
    text = clean_plot(text)
    masked = 0
    for pattern, mask in _MASKS:
        text, found = pattern.subn(mask, text)
        masked += found
    return text, masked


@lru_cache(maxsize=1024)
def normalise_title(title: str) -> str:
    """The title as a key: case, accents, punctuation and edition marks off, but never down to nothing."""
    title = clean_plot(title)
    return words_of(_without_edition(title)) or words_of(title) or title.casefold()


def words_of(text: str) -> str:
    """The words of a text, case folded, without accents and punctuation, one space between them."""
    if text.isascii():
        text = text.lower().replace("&", " and ").replace("'", "")
        return " ".join(text.translate(_PUNCTUATION).split())
    text = unicodedata.normalize("NFKC", text).casefold().replace("&", " and ")
    text = _ACCENTS.sub("", unicodedata.normalize("NFD", _APOSTROPHES.sub("", text)))
    text = unicodedata.normalize("NFC", text)
    return " ".join(_WORDS.findall(text))


def _without_edition(title: str) -> str:
    while True:
        shorter = _EDITION.sub("", title).strip()
        if shorter == title or not shorter:
            return title
        title = shorter


def _without_html(text: str) -> str:
    from selectolax.lexbor import LexborHTMLParser

    # A parser takes everything after an unclosed "<" for a tag: "5 stars <but only just" would lose its end.
    tree = LexborHTMLParser(_UNCLOSED.sub("&lt;", text))
    for node in tree.css("script,style,template"):
        node.decompose()
    for node in tree.css(_BLOCKS):
        node.insert_before(" ")
        node.insert_after(" ")
    text = tree.body.text() if tree.body else ""
    if _ENTITY.search(text):
        from html import unescape

        text = unescape(text)  # escaped twice at the source: "&amp;quot;"
    return text


def _mended(text: str) -> str:
    if _ONLY_WESTERN.fullmatch(text) and not _MAYBE_MOJIBAKE.search(text):
        return text.translate(_STRAIGHT_QUOTES)
    import ftfy

    text = ftfy.fix_text(text, unescape_html=False, normalization="NFC")
    return _INVISIBLE.sub("", text)
