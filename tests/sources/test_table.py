from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from trending.errors import SourceError
from trending.sources.table import table

ROWS: list[dict[str, Any]] = [
    {
        "name": "One",
        "story": "First story",
        "year": 1999,
        "tags": ["Drama", "Crime"],
        "reviews": [{"say": "Good"}],
    },
    {"name": "Two", "story": "Second story", "year": None, "tags": [], "reviews": []},
]
MAPPING: dict[str, Any] = {
    "name": "shop",
    "columns": {"title": "name", "plot": "story", "release_year": "year", "genres": "tags"},
    "constants": {"kind": "movie", "platform": "Shop"},
    "reviews": {"column": "reviews", "columns": {"text": "say"}},
}


def write_mapping(folder: Path, **changes: Any) -> Path:
    file = folder / "shop.yaml"
    file.write_text(yaml.safe_dump(MAPPING | changes))
    return file


def write_rows(path: Path) -> None:
    match path.suffix:
        case ".jsonl":
            path.write_text("".join(json.dumps(row) + "\n" for row in ROWS))
        case ".json":
            path.write_text(json.dumps(ROWS, indent=2))
        case ".parquet":
            pq.write_table(pa.Table.from_pylist(ROWS), path)
        case ".csv":
            lines = [f'{r["name"]},{r["story"]},{r["year"] or ""},"{", ".join(r["tags"])}"' for r in ROWS]
            path.write_text("\n".join(["name,story,year,tags", *lines]))


@pytest.mark.parametrize("ending", ["jsonl", "json", "parquet"])
def test_nested_genres_and_reviews_are_the_same_in_every_form(
    ray_cluster: None, tmp_path: Path, ending: str
) -> None:
    write_rows(tmp_path / f"titles.{ending}")
    source = table(write_mapping(tmp_path, path=f"titles.{ending}"))
    titles, reviews = source.titles(), source.reviews()
    assert titles is not None
    assert reviews is not None
    found = sorted(titles.take_all(), key=lambda row: row["title"])
    assert [(r["title"], r["release_year"], r["genres"]) for r in found] == [
        ("One", "1999", ["Drama", "Crime"]),
        ("Two", None, []),
    ]
    [review] = reviews.take_all()
    assert (review["text"], review["title"]) == ("Good", "One")
    assert source.count() == (2, 1)


def test_comma_separated_genres_are_split_or_left_to_the_vocabulary(
    ray_cluster: None, tmp_path: Path
) -> None:
    write_rows(tmp_path / "titles.csv")
    split = table(write_mapping(tmp_path, path="titles.csv", separator=",", reviews=None)).titles()
    assert split is not None
    assert split.take(1)[0]["genres"] == ["Drama", "Crime"]
    whole = table(write_mapping(tmp_path, path="titles.csv", reviews=None)).titles()
    assert whole is not None
    assert whole.take(1)[0]["genres"] == ["Drama, Crime"]


def test_a_path_on_the_command_line_takes_the_place_of_the_mappings(tmp_path: Path) -> None:
    write_rows(tmp_path / "other.jsonl")
    assert table(write_mapping(tmp_path, path="titles.jsonl"), str(tmp_path / "other.jsonl")).count() == (
        2,
        1,
    )


def test_reviews_alone_are_a_source_without_titles(ray_cluster: None, tmp_path: Path) -> None:
    (tmp_path / "r.csv").write_text("words\nGood\nBad\n")
    file = tmp_path / "r.yaml"
    file.write_text("name: r\nreviews: {columns: {text: words}}\n")
    source = table(file, str(tmp_path / "r.csv"))
    assert source.titles() is None
    reviews = source.reviews()
    assert reviews is not None
    assert [row["text"] for row in reviews.take_all()] == ["Good", "Bad"]
    assert source.count() == (0, 2)


def test_titles_alone_are_a_source_without_reviews(tmp_path: Path) -> None:
    write_rows(tmp_path / "titles.jsonl")
    source = table(write_mapping(tmp_path, path="titles.jsonl", reviews=None))
    assert source.reviews() is None
    assert source.count() == (2, 0)


def test_what_can_be_seen_at_once_is_refused_at_once(tmp_path: Path) -> None:
    (tmp_path / "titles.csv").write_text("name,plot\n")
    with pytest.raises(SourceError, match=r"titles\.csv:1: no column `story`\. The file has: name, plot"):
        table(write_mapping(tmp_path, path="titles.csv", reviews=None))
    with pytest.raises(
        SourceError, match=r"absent\.csv: no such file\. Did you mean|The folder holds titles\.csv"
    ):
        table(write_mapping(tmp_path, path="absent.csv", reviews=None))
    with pytest.raises(SourceError, match=r"shop\.yaml: says no `path`"):
        table(write_mapping(tmp_path))


@pytest.fixture(scope="module")
def bucket() -> Iterator[dict[str, Any]]:
    """A real S3 server on this machine with an empty bucket `shelf`; the storage options that reach it."""
    import boto3
    from moto.server import ThreadedMotoServer

    options = {"key": "testing", "secret": "testing"}
    keys = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing", "region_name": "us-east-1"}
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        endpoint = f"http://{host}:{port}"
        s3 = boto3.client("s3", endpoint_url=endpoint, **keys)
        s3.create_bucket(Bucket="shelf")
        yield options | {"endpoint_url": endpoint}
    finally:
        server.stop()


def upload(file: Path, key: str, options: dict[str, Any]) -> None:
    import s3fs

    s3fs.S3FileSystem(**options).put_file(str(file), f"shelf/{key}")


@pytest.mark.parametrize("ending", ["jsonl", "json", "parquet", "csv"])
def test_every_form_is_read_from_s3_by_the_workers(
    ray_cluster: None, tmp_path: Path, bucket: dict[str, Any], ending: str
) -> None:
    for part in ("a", "b"):
        write_rows(tmp_path / f"{part}.{ending}")
        upload(tmp_path / f"{part}.{ending}", f"{ending}/{part}.{ending}", bucket)
    changes = {"reviews": None} if ending == "csv" else {}
    source = table(write_mapping(tmp_path, path=f"s3://shelf/{ending}", storage_options=bucket, **changes))
    titles = source.titles()
    assert titles is not None
    refs = sorted(row["row_ref"] for row in titles.take_all())
    first = 1 if ending in ("jsonl", "parquet") else 2
    assert [ref.partition(":")[0] for ref in refs] == [f"a.{ending}"] * 2 + [f"b.{ending}"] * 2
    assert {f"a.{ending}:{first}", f"b.{ending}:{first}"} < set(refs)
    assert source.count()[0] == 4


def test_what_is_wrong_on_s3_is_named_by_its_url(tmp_path: Path, bucket: dict[str, Any]) -> None:
    (tmp_path / "bad.csv").write_text("name,story\n")
    upload(tmp_path / "bad.csv", "wrong/bad.csv", bucket)
    for path, message in (
        ("s3://shelf/wrong/bad.csv", r"s3://shelf/wrong/bad\.csv:1: no column `year`"),
        ("s3://shelf/wrong/bed.csv", r"s3://shelf/wrong/bed\.csv: no such file\. Did you mean bad\.csv\?"),
        ("s3://nobucket/*.csv", r"s3://nobucket/\*\.csv: "),
    ):
        with pytest.raises(SourceError, match=message):
            table(write_mapping(tmp_path, path=path, storage_options=bucket, reviews=None))


def test_a_storage_that_does_not_answer_says_so(tmp_path: Path) -> None:
    options = {
        "endpoint_url": "http://127.0.0.1:9",
        "key": "k",
        "secret": "s",
        "config_kwargs": {"retries": {"max_attempts": 0}},
    }
    with pytest.raises(SourceError, match=r"s3://shelf/a\.csv: cannot be reached: .*Check the address"):
        table(write_mapping(tmp_path, path="s3://shelf/a.csv", storage_options=options, reviews=None))
