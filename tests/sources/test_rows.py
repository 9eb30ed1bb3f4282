from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pyarrow as pa

from trending.sources.base import RAW_REVIEWS, RAW_TITLES
from trending.sources.mapping import Mapping, ReviewColumns, ReviewMapping
from trending.sources.rows import review_batches, title_batches

if TYPE_CHECKING:
    from tests.sources.conftest import Write


def rows(batches) -> list[dict]:
    return pa.concat_tables(batches).to_pylist()


def test_a_title_carries_text_as_found_and_where_it_stood(write: Write, mapping: Mapping) -> None:
    file = write("a.jsonl", '{"title": "One", "plot": " x ", "type": "Film", "genres": ["Drama"]}\n')
    [batch] = title_batches(file, mapping)
    assert batch.schema == RAW_TITLES
    [row] = batch.to_pylist()
    assert {key: value for key, value in row.items() if value is not None} == {
        "source": "shop",
        "vocabulary": "canonical",
        "row_ref": "a.jsonl:1",
        "kind": "movie",
        "platform": "Shop",
        "title": "One",
        "plot": " x ",
        "genres": ["Drama"],
    }


def test_an_unknown_kind_is_left_as_found_and_no_genres_are_an_empty_list(
    write: Write, mapping: Mapping
) -> None:
    file = write("a.csv", "title,plot,type,genres\nOne,x,Puppet show,\nTwo,x,,\n")
    one, two = rows(title_batches(file, mapping))
    assert (one["kind"], one["genres"]) == ("Puppet show", [])
    assert two["kind"] is None


def test_several_countries_in_a_list_become_one_text(write: Write, mapping: Mapping) -> None:
    assert mapping.columns is not None
    columns = mapping.columns.model_copy(update={"countries": "where"})
    file = write(
        "a.jsonl",
        '{"title": "One", "plot": "x", "type": "Film", "genres": [], "where": ["France", "Chad"]}\n'
        '{"title": "Two", "plot": "x", "type": "Film", "genres": [], "where": "Peru"}\n',
    )
    found = rows(title_batches(file, mapping.model_copy(update={"columns": columns})))
    assert [row["countries"] for row in found] == ["France, Chad", "Peru"]


def test_a_value_of_the_wrong_form_is_a_fault_with_the_row_as_json(write: Write, mapping: Mapping) -> None:
    values = {"title": "Oné", "plot": ["x", "y"], "type": "Film", "genres": []}
    file = write("a.jsonl", json.dumps(values, ensure_ascii=False))
    [row] = rows(title_batches(file, mapping))
    assert row["fault"] == "`plot` holds a list, expected a text"
    assert json.loads(row["raw"]) == values
    assert (row["title"], row["row_ref"], row["source"]) == (None, "a.jsonl:1", "shop")


def test_half_a_surrogate_pair_is_replaced_not_fatal(write: Write, mapping: Mapping) -> None:
    file = write(
        "a.jsonl", '{"title": "One", "plot": "a \\ud83d b", "type": "Film", "genres": ["\\udc00"]}\n'
    )
    [row] = rows(title_batches(file, mapping))
    assert row["title"] == "One"
    assert "�" in row["plot"]
    assert "�" in row["genres"][0]


def test_rows_come_in_batches_and_an_empty_file_gives_an_empty_one(write: Write, mapping: Mapping) -> None:
    file = write("a.csv", "title,plot,type,genres\n" + "One,x,Film,Drama\n" * 1100)
    assert [batch.num_rows for batch in title_batches(file, mapping)] == [512, 512, 76]
    [empty] = title_batches(write("b.csv", "title,plot,type,genres\n"), mapping)
    assert (empty.num_rows, empty.schema) == (0, RAW_TITLES)


def test_reviews_within_titles_know_their_title(write: Write, mapping: Mapping) -> None:
    reviews = ReviewMapping(column="reviews", columns=ReviewColumns(text="body", rating="stars"))
    file = write(
        "a.jsonl",
        '{"title": "One", "plot": "x", "type": "Film", "genres": [],'
        ' "reviews": [{"body": "Good", "stars": 8}, "Bad", 7]}\n'
        '{"title": "Two", "plot": "x", "type": "Film", "genres": []}\n'
        "broken\n"
        '{"title": "Three", "plot": "x", "type": "Film", "genres": [], "reviews": {"body": ["no text"]}}\n',
    )
    [batch] = review_batches(file, mapping.model_copy(update={"reviews": reviews}))
    assert batch.schema == RAW_REVIEWS
    good, plain, number, wrong = batch.to_pylist()
    assert (good["text"], good["rating"], good["title"], good["kind"]) == ("Good", "8", "One", "movie")
    assert (plain["text"], plain["row_ref"]) == ("Bad", "a.jsonl:1#2")
    assert number["fault"] == "expected a review, found neither an object nor a text"
    assert (number["raw"], number["row_ref"]) == ("7", "a.jsonl:1#3")
    assert wrong["fault"] == "`body` holds a list, expected a text"


def test_reviews_in_a_file_of_their_own_may_name_their_title(write: Write, mapping: Mapping) -> None:
    reviews = ReviewMapping(
        columns=ReviewColumns(text="t", sentiment="s", title="of", kind="k"),
        sentiments={"1": "positive"},
        kinds={"Series": "show"},
    )
    file = write("r.csv", "t,s,of,k\nGood,1,One,Film\nMeh,?,Two,Series\nshort\n")
    found = rows(review_batches(file, mapping.model_copy(update={"reviews": reviews})))
    assert [(r["text"], r["sentiment"], r["title"], r["kind"]) for r in found[:2]] == [
        ("Good", "positive", "One", "movie"),
        ("Meh", "?", "Two", "show"),
    ]
    assert (found[2]["fault"], found[2]["row_ref"]) == ("expected 4 fields, found 1", "r.csv:4")
