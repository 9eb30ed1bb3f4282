from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from trending.errors import SourceError
from trending.sources.records import count_records, read_records

if TYPE_CHECKING:
    from tests.sources.conftest import Write

ONE, TWO = '{"title": "One", "plot": "x"}', '{"title": "Two"}'


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", "title,plot\nOne,x\nTwo,\n"),
        ("a.jsonl", f"{ONE}\n{TWO}\n"),
        ("a.json", f"[{ONE},\n{TWO}]"),
        ("a.json", f"{ONE}\n{TWO}\n"),
    ],
    ids=["csv", "json-lines", "json", "json-lines by another name"],
)
def test_every_form_of_text_gives_the_same_titles_and_count(write: Write, name: str, content: str) -> None:
    file = write(name, content)
    assert [(r.values or {})["title"] for r in read_records(file, ["title", "plot"])] == ["One", "Two"]
    assert count_records(file) == 2


def test_a_key_that_no_object_has_is_a_mistake_in_the_mapping(write: Write) -> None:
    file = write("a.jsonl", f"{ONE}\n{TWO}\n")
    records = read_records(file, ["title", "genres.name"])
    assert next(records).line == 1
    with pytest.raises(
        SourceError, match=r"a\.jsonl: no object has the key `genres`\. They have: title, plot\."
    ):
        list(records)


def test_a_file_of_faults_only_is_not_blamed_on_the_mapping(write: Write) -> None:
    assert [record.fault for record in read_records(write("a.jsonl", "7\n"), ["title"])] == [
        "expected a JSON object, found a number"
    ]


@pytest.mark.parametrize("name", ["a.jsonl", "a.json"])
def test_a_key_of_the_reviews_may_be_inside_a_column(write: Write, name: str) -> None:
    file = write(name, '{"who": {"name": "One"}}\n')
    assert [record.values for record in read_records(file, ["who.name"])] == [{"who": {"name": "One"}}]
