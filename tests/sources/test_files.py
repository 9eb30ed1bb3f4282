from __future__ import annotations

import gzip
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from trending.errors import SourceError
from trending.sources import files
from trending.sources.files import find_files, opened, text_lines
from trending.sources.mapping import Location

if TYPE_CHECKING:
    from tests.sources.conftest import Write


def find(path: Path | str, **location: object):
    return find_files(Location.model_validate({"path": str(path), **location}), told_in="test.yaml")


def test_a_folder_stands_for_its_data_files_in_order(tmp_path: Path) -> None:
    for name in ("b.csv", "a.csv", "notes.txt", "_SUCCESS.csv", ".hidden.csv"):
        (tmp_path / name).touch()
    (tmp_path / ".checkpoints").mkdir()
    (tmp_path / ".checkpoints" / "c.csv").touch()
    assert [file.label for file in find(tmp_path)] == ["a.csv", "b.csv"]


def test_a_pattern_and_a_list_stand_for_the_files_that_fit(tmp_path: Path) -> None:
    for name in ("1.jsonl", "2.jsonl", "3.csv"):
        (tmp_path / name).touch()
    assert [file.format for file in find(tmp_path / "*.jsonl")] == ["json-lines", "json-lines"]
    listed = Location(path=[str(tmp_path / "3.csv"), str(tmp_path / "1.jsonl")])
    assert [file.format for file in find_files(listed, told_in="test")] == ["json-lines", "csv"]


def test_files_of_one_name_are_told_apart_by_their_folders(tmp_path: Path) -> None:
    for folder in ("uk", "us"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "titles.csv").touch()
    assert [file.label for file in find(tmp_path)] == ["uk/titles.csv", "us/titles.csv"]


def test_a_relative_path_is_made_absolute_for_the_workers(tmp_path: Path, monkeypatch) -> None:
    (tmp_path / "a.csv").touch()
    monkeypatch.chdir(tmp_path)
    assert find("a.csv")[0].path == str(tmp_path / "a.csv")


def test_a_missing_file_is_named_with_what_is_near_it(tmp_path: Path) -> None:
    (tmp_path / "netflix_titles.csv").touch()
    with pytest.raises(
        SourceError, match=r"netflix_title\.csv: no such file\. Did you mean netflix_titles\.csv"
    ):
        find(tmp_path / "netflix_title.csv")
    with pytest.raises(SourceError, match=r"x\.csv: no such file\. The folder holds netflix_titles\.csv"):
        find(tmp_path / "x.csv")
    with pytest.raises(SourceError, match=r"nowhere/x\.csv: no such file\. Check the path"):
        find(tmp_path / "nowhere" / "x.csv")


def test_places_without_data_say_so(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"a folder without data files\. Known endings: \.csv"):
        find(tmp_path)
    with pytest.raises(SourceError, match=r"\*\.csv: no file fits this pattern\. Check it"):
        find(tmp_path / "*.csv")
    with pytest.raises(SourceError, match=r"test\.yaml: says no `path`\. Add it to the mapping, or give it"):
        find_files(Location(), told_in="test.yaml")


def test_an_unknown_ending_needs_a_format(tmp_path: Path) -> None:
    (tmp_path / "titles.txt").touch()
    with pytest.raises(SourceError, match=r"the ending \.txt does not tell the format\. .* set `format`"):
        find(tmp_path / "titles.txt")
    assert find(tmp_path / "titles.txt", format="csv")[0].format == "csv"


def test_a_storage_without_its_package_or_an_unknown_one_says_what_to_do() -> None:
    with pytest.raises(SourceError, match=r"gs://bucket/a\.csv: .*gcsfs.* Install the package"):
        find("gs://bucket/a.csv")
    with pytest.raises(
        SourceError, match=r"nosuch://a\.csv: Protocol not known.* Known are local paths, s3://"
    ):
        find("nosuch://a.csv")


def test_compressed_text_is_read_as_it_is(write: Write) -> None:
    file = write("a.csv.gz", gzip.compress(b"title\nOne\n"))
    assert (file.format, list(text_lines(file))) == ("csv", ["title\n", "One\n"])


def test_a_damaged_archive_says_so(write: Write) -> None:
    whole = gzip.compress(b"title\n" * 1000)
    for damaged in (whole[:-20], b"no archive"):
        with pytest.raises(
            SourceError, match=r"a\.csv\.gz: cannot be read: .* Check that the file is complete"
        ):
            list(text_lines(write("a.csv.gz", damaged)))


def test_bytes_in_another_encoding_are_named_with_their_line(write: Write) -> None:
    content = "title\nAmélie\n".encode("cp1252")
    with pytest.raises(SourceError, match=r"a\.csv:2: not UTF-8: byte 0xe9\. Save .* or set `encoding`"):
        list(text_lines(write("a.csv", content)))
    assert list(text_lines(write("a.csv", content, encoding="cp1252"))) == ["title\n", "Amélie\n"]


def test_a_line_too_long_to_hold_is_refused(write: Write, monkeypatch) -> None:
    monkeypatch.setattr(files, "MAX_RECORD_BYTES", 2**20)
    with pytest.raises(SourceError, match=r"a\.jsonl:2: a line of more than 1 MiB\. .* Set `format`"):
        list(text_lines(write("a.jsonl", b"{}\n" + b"x" * 2**21)))


def test_a_file_that_went_away_says_so(write: Write) -> None:
    file = write("a.csv", "title\n")
    Path(file.path).unlink()
    with (
        pytest.raises(SourceError, match=r"a\.csv: cannot be read: .* Check that the file is complete"),
        opened(file),
    ):
        pass
