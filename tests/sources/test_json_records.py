from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from trending.errors import SourceError
from trending.sources import json_records
from trending.sources.json_records import count_json_lines, holds_array, json_array_records, json_line_records

if TYPE_CHECKING:
    from tests.sources.conftest import Write


def test_lines_that_are_not_json_objects_are_faults_of_their_record(write: Write) -> None:
    lines = [
        '{"title": "One"}',
        "",
        "{'title': 1}",
        "[1]",
        '"x"',
        "null",
        "7",
        "true",
        "1" * 5000,
        '{"title": "Two"}',
    ]
    file = write("a.jsonl", "\n".join(lines))
    records = list(json_line_records(file))
    assert [record.line for record in records] == [1, 3, 4, 5, 6, 7, 8, 9, 10]
    assert [record.fault for record in records[1:7]] == [
        "not JSON: Expecting property name enclosed in double quotes at column 2",
        "expected a JSON object, found an array",
        "expected a JSON object, found a text",
        "expected a JSON object, found null",
        "expected a JSON object, found a number",
        "expected a JSON object, found true or false",
    ]
    assert (records[7].fault or "").startswith("not JSON: Exceeds the limit")
    assert records[1].raw == "{'title': 1}"
    assert records[-1].values == {"title": "Two"}
    assert count_json_lines(file) == len(records)


def test_an_array_is_read_element_by_element_with_the_lines_of_each(write: Write) -> None:
    file = write(
        "a.json", '[\n  {"title": "One"},\n  {\n    "title": "Two"\n  }, 17,\n  {"title": "Three"}\n]\n'
    )
    records = list(json_array_records(file))
    assert [record.line for record in records] == [2, 3, 5, 6]
    assert records[2].fault == "expected a JSON object, found a number"
    assert (records[2].raw, records[3].values) == ("17", {"title": "Three"})


def test_an_array_over_many_chunks_is_whole(write: Write, monkeypatch) -> None:
    rows = [{"title": f"Título {n}", "n": n} for n in range(50)] + [123456789]
    for chunk in (1, 7, 64):
        monkeypatch.setattr(json_records, "_CHUNK_BYTES", chunk)
        records = list(json_array_records(write("a.json", json.dumps(rows, ensure_ascii=False, indent=1))))
        assert [record.values for record in records[:-1]] == rows[:-1]
        assert records[-1].raw == "123456789"
        assert records[1].line == 6


def test_an_empty_array_has_no_records(write: Write) -> None:
    assert list(json_array_records(write("a.json", " [ ] \n"))) == []


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('[\n{"a": 1},\n{"a": }\n]', r"a\.json:3: broken JSON array: Expecting value at column 7"),
        ('[\n{"a": 1}\n{"a": 2}\n]', r"a\.json:3: broken JSON array: expected `,` or `\]` after an element"),
        ('[\n{"a": 1},\n', r"a\.json:3: broken JSON array: Expecting value"),
        ('[\n{"a": 1}\n', r"a\.json:3: broken JSON array: the file ends inside the array"),
        ('[{"a": 1},\n{"a": "cut off', r"a\.json:2: broken JSON array: Unterminated string"),
        ('[{"a": 1}]\n]', r"a\.json:2: broken JSON array: text after the end of the array"),
        ("", r"a\.json:1: broken JSON array: expected an array of objects"),
        ("[" * 200_000, r"a\.json:1: broken JSON array: .*recursion"),
    ],
)
def test_a_broken_array_stops_with_its_line(write: Write, content: str, message: str) -> None:
    with pytest.raises(SourceError, match=message + r".*\. Mend this line, or write the file again\."):
        list(json_array_records(write("a.json", content)))


def test_an_array_in_another_encoding_is_named_with_its_line(write: Write) -> None:
    content = '[{"a": 1},\n{"a": "é"}]'.encode("latin-1")
    with pytest.raises(SourceError, match=r"a\.json:2: not UTF-8: byte 0xe9"):
        list(json_array_records(write("a.json", content)))
    assert list(json_array_records(write("a.json", content, encoding="latin-1")))[1].values == {"a": "é"}


def test_the_form_of_a_json_file_is_seen_at_its_beginning(write: Write) -> None:
    assert holds_array(write("a.json", "\n [1]"))
    assert holds_array(write("a.json", ""))
    assert not holds_array(write("a.json", '{"a": 1}\n{"a": 2}\n'))
    with pytest.raises(
        SourceError, match=r"a\.json:1: neither an array of objects nor one object a line\. Write"
    ):
        holds_array(write("a.json", '{\n  "titles": []\n}'))
