from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from trending.errors import SourceError
from trending.sources.delimited import count_csv, csv_records

if TYPE_CHECKING:
    from tests.sources.conftest import Write

COLUMNS = ["title", "plot"]


def read(file):
    return list(csv_records(file, COLUMNS))


def test_records_know_the_line_on_which_they_begin(write: Write) -> None:
    file = write("a.csv", 'title,plot\nOne,first\n\nTwo,"over\ntwo lines"\nThree,third\n')
    records = read(file)
    assert [record.line for record in records] == [2, 4, 6]
    assert records[1].values == {"title": "Two", "plot": "over\ntwo lines"}
    assert count_csv(file) == 3


def test_windows_lines_a_byte_order_mark_and_a_missing_last_newline_are_read(write: Write) -> None:
    file = write("a.csv", b"\xef\xbb\xbftitle,plot\r\nOne,first\r\nTwo,second")
    assert [record.values for record in read(file)] == [
        {"title": "One", "plot": "first"},
        {"title": "Two", "plot": "second"},
    ]
    assert count_csv(file) == 2


def test_another_delimiter_and_a_tab_separated_ending(write: Write) -> None:
    assert read(write("a.csv", "title;plot\nOne;a, b\n", delimiter=";"))[0].values == {
        "title": "One",
        "plot": "a, b",
    }
    assert read(write("a.tsv", "title\tplot\nOne\ta, b\n"))[0].values == {"title": "One", "plot": "a, b"}


@pytest.mark.parametrize(
    ("line", "fault"),
    [("Two", "expected 2 fields, found 1"), ("Two,second,more", "expected 2 fields, found 3")],
)
def test_a_wrong_number_of_fields_is_a_fault_of_the_record_alone(write: Write, line: str, fault: str) -> None:
    file = write("a.csv", f"title,plot\nOne,first\n{line}\nThree,third\n")
    records = read(file)
    assert [record.fault for record in records] == [None, fault, None]
    assert (records[1].line, records[1].raw) == (3, line)
    assert count_csv(file) == 3


def test_a_stray_quote_within_one_line_is_a_fault_of_the_record_alone(write: Write) -> None:
    file = write("a.csv", 'title,plot\nOne,"he said "hello" and left"\nTwo,second\n')
    bad, good = read(file)
    assert bad.fault == "not CSV: ',' expected after '\"'"
    assert (bad.line, bad.raw) == (2, 'One,"he said "hello" and left"')
    assert good.values == {"title": "Two", "plot": "second"}
    assert count_csv(file) == 2


@pytest.mark.parametrize(
    "content",
    [
        'title,plot\nOne,first\nTwo,"never closed\nThree,third\n',
        'title,plot\nOne,first\nTwo,"never closed\nThree,"third"\nFour,fourth\n',
        'title,plot\nOne,first\nTwo,"' + "never closed, " * 20_000,
    ],
    ids=["to the end of the file", "until the next quote", "past the largest field"],
)
@pytest.mark.parametrize("reading", [read, count_csv], ids=["read", "count"])
def test_a_quote_that_never_closes_stops_with_the_line_where_its_record_begins(
    write: Write, content: str, reading
) -> None:
    with pytest.raises(SourceError, match=r"a\.csv:3: a quoted field .* not closed\. Close it, or double"):
        reading(write("a.csv", content))


def test_a_missing_column_names_the_header_and_the_likely_one(write: Write) -> None:
    with pytest.raises(SourceError, match=r"a\.csv:1: no column `plot`\. Did you mean `Plot`\?"):
        read(write("a.csv", "title,Plot\n"))
    with pytest.raises(SourceError, match=r"a\.csv:1: no column `plot`\. The file has: title, story\. Mend"):
        read(write("a.csv", "title,story\n"))
    with pytest.raises(SourceError, match=r"a\.csv:1: no column `title`\. .* set `delimiter` in the mapping"):
        read(write("a.csv", "title;plot\n"))


def test_a_column_that_is_there_twice_is_refused(write: Write) -> None:
    with pytest.raises(SourceError, match=r"a\.csv:1: the column `plot` is there twice\. Rename"):
        read(write("a.csv", "title,plot,plot\n"))


def test_an_empty_file_is_refused(write: Write) -> None:
    with pytest.raises(SourceError, match=r"a\.csv:1: the file is empty\. Expected a line with the names"):
        read(write("a.csv", ""))
    assert count_csv(write("a.csv", "")) == 0


def test_a_header_alone_has_no_records(write: Write) -> None:
    file = write("a.csv", "title,plot\n")
    assert read(file) == []
    assert count_csv(file) == 0


def test_a_header_with_an_open_quote_is_refused(write: Write) -> None:
    with pytest.raises(SourceError, match=r"a\.csv:1: a quoted field"):
        read(write("a.csv", 'title,"plot\nOne,first\n'))
