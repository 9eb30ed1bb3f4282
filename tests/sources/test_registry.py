from __future__ import annotations

from pathlib import Path

import pytest

from trending.errors import SourceError
from trending.sources.registry import parse_source, parse_sources, source_words

NETFLIX = "type,title,country,date_added,release_year,listed_in,description\nMovie,One,,,1999,Dramas,x\n"


@pytest.fixture
def shelf(tmp_path: Path) -> Path:
    (tmp_path / "n=1.csv").write_text(NETFLIX)
    (tmp_path / "shop.yaml").write_text(
        "name: shop\npath: n=1.csv\ncolumns: {title: title, plot: description}\n"
        "constants: {kind: movie, platform: Shop}\n"
    )
    return tmp_path


def test_every_word_gives_its_source(shelf: Path) -> None:
    words = {
        "sample": "sample",
        "reviews-package": "reviews-package",
        f"netflix={shelf}/n=1.csv": "netflix",
        f"streaming-csv:netflix={shelf}/n=1.csv": "netflix",
        f"table:{shelf}/shop.yaml": "shop",
        f"table:{shelf}/shop.yaml={shelf}/n=1.csv": "shop",
    }
    assert {word: parse_source(word).name for word in words} == words


@pytest.mark.parametrize("word", ["", "samples", "netflix", "netflix=", "table:", "table:shop.txt", "a b=c"])
def test_a_word_that_names_no_source_lists_what_is_possible(word: str) -> None:
    with pytest.raises(
        SourceError, match=r"not a source\. Possible are: sample; reviews-package; amazon=PATH; netf"
    ):
        parse_source(word)


def test_two_sources_of_one_name_are_refused(shelf: Path) -> None:
    word = f"netflix={shelf}/n=1.csv"
    assert [source.name for source in parse_sources(["sample", word])] == ["sample", "netflix"]
    with pytest.raises(
        SourceError, match=r"there are two sources called `netflix`\. Put the files into one source"
    ):
        parse_sources([word, "sample", word])


def test_the_words_that_help_lists_are_those_that_parse() -> None:
    assert source_words()[:2] == ["sample", "reviews-package"]
    assert "table:MAPPING.yaml=PATH" in source_words()
