from __future__ import annotations

from pathlib import Path

import pytest

from trending.errors import SourceError
from trending.sources.mapping import load_mapping

WHOLE = """
name: shop
path: titles.csv
columns: {title: t, plot: p}
constants: {kind: movie, platform: Shop}
"""


@pytest.fixture
def yaml_file(tmp_path: Path):
    def write(content: str | bytes) -> Path:
        file = tmp_path / "shop.yaml"
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        return file

    return write


def test_paths_are_relative_to_the_mapping(yaml_file, tmp_path: Path) -> None:
    (tmp_path / "genres.yaml").touch()
    text = WHOLE + "vocabulary: genres.yaml\nreviews: {path: [r.csv, 's3://b/r.csv'], columns: {text: x}}\n"
    mapping = load_mapping(yaml_file(text))
    assert mapping.path == str(tmp_path / "titles.csv")
    assert mapping.vocabulary == str(tmp_path / "genres.yaml")
    assert mapping.reviews is not None
    assert mapping.reviews.path == [str(tmp_path / "r.csv"), "s3://b/r.csv"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (WHOLE + "colour: red\n", "colour: no such key"),
        (WHOLE.replace("t, plot", "t, genre: g, plot"), "columns.genre: no such key"),
        (WHOLE.replace("kind: movie, ", ""), r"missing columns\.kind or constants\.kind"),
        (WHOLE.replace("plot: p", "kind: k"), r"missing columns\.plot"),
        (WHOLE.replace("plot: p", "plot: p, kind: k"), "both a column and a constant for kind"),
        (WHOLE + "delimiter: ';;'\n", "delimiter: String should have at most 1 character"),
        (WHOLE + "encoding: utf-9\n", "encoding: no such encoding: utf-9"),
        (
            WHOLE + "encoding: utf-16\n",
            "encoding: utf-16 does not contain ASCII as it is; save the file as UTF-8",
        ),
        (WHOLE + "format: excel\n", "format: Input should be 'csv', 'json-lines', 'json' or 'parquet'"),
        (WHOLE.replace("name: shop", "name: my shop"), "name: String should match pattern"),
        ("name: shop\n", "neither `columns` .* nor `reviews` with a file of its own"),
        ("name: shop\nreviews: {column: r, columns: {text: x}}\n", "neither `columns`"),
    ],
)
def test_every_wrong_key_is_named(yaml_file, text: str, message: str) -> None:
    with pytest.raises(SourceError, match=rf"shop\.yaml: .*{message}.*\. See docs/sources\.md for every key"):
        load_mapping(yaml_file(text))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name: shop\npath: [a\ncolumns: x\n", r"shop\.yaml:3: not YAML: .*\. Check the indentation"),
        ("just text", r"shop\.yaml: not a mapping\. Expected keys such as"),
        (b"name: caf\xe9", r"shop\.yaml: not UTF-8\. Save the mapping"),
        (WHOLE + "vocabulary: absent.yaml\n", r"absent\.yaml: no such vocabulary file\. See `vocabulary`"),
    ],
)
def test_a_file_that_is_no_mapping_says_where(yaml_file, text: str | bytes, message: str) -> None:
    with pytest.raises(SourceError, match=message):
        load_mapping(yaml_file(text))


def test_a_missing_mapping_says_so(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"absent\.yaml: no such mapping\. .*docs/sources\.md"):
        load_mapping(tmp_path / "absent.yaml")
