from __future__ import annotations

from datetime import date

import pyarrow as pa
import pytest

from trending.catalog import identity

ROW = {
    "title_id": "a",
    "added_on": date(2020, 1, 2),
    "minhash": b"\x00\xff",
    "genres": ["Drama"],
    "leaked": None,
}


def test_a_title_keeps_its_id_for_another_edition_and_spelling() -> None:
    first = identity.title_id("shop", "movie", "Amélie (4K UHD)", 2001)
    assert first == identity.title_id("shop", "movie", "AMELIE", 2001)
    assert len(first) == 2 * identity.DIGEST_BYTES


def test_source_kind_and_year_tell_titles_apart() -> None:
    ids = {
        identity.title_id("shop", "movie", "It", 1990),
        identity.title_id("mart", "movie", "It", 1990),
        identity.title_id("shop", "show", "It", 1990),
        identity.title_id("shop", "movie", "It", 2017),
    }
    assert len(ids) == 4


def test_ids_never_change_between_versions() -> None:
    assert identity.title_id("sample", "movie", "Paper Moon", 1973) == "86e2c2ee8fbe9e23093f8231e668f0b4"
    assert identity.title_key("Paper Moon", 1973) == "paper moon (1973)"


def test_the_same_plot_has_the_same_hash_whatever_its_case_and_punctuation() -> None:
    assert identity.content_hash("A man, a plan!") == identity.content_hash("a man a  plan")
    assert identity.content_hash("A man, a plan!") != identity.content_hash("A man, no plan!")


def test_a_review_is_known_by_source_title_and_text() -> None:
    ids = {
        identity.review_id("s", "t", "x"),
        identity.review_id("s", None, "x"),
        identity.review_id("s", "t", "y"),
    }
    assert len(ids) == 3


def test_the_row_hash_sees_every_column_but_itself() -> None:
    same = identity.row_hash(dict(reversed(ROW.items())) | {"row_hash": "whatever"})
    assert identity.row_hash(ROW) == same
    for name in ROW:
        assert identity.row_hash(ROW | {name: None if ROW[name] is not None else True}) != same


def test_row_hashes_of_a_table_equal_those_of_its_rows() -> None:
    table = pa.Table.from_pylist([ROW, ROW | {"title_id": "b"}])
    hashed = identity.with_row_hashes(table)
    assert hashed["row_hash"].to_pylist() == [identity.row_hash(row) for row in table.to_pylist()]
    assert identity.with_row_hashes(hashed).equals(hashed)


def test_a_row_that_cannot_be_hashed_is_refused() -> None:
    with pytest.raises(TypeError, match="complex"):
        identity.row_hash({"x": 1j})
