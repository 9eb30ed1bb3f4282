from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest

from trending.errors import SourceError
from trending.sources.base import RAW_TITLES
from trending.sources.faults import source_faults
from trending.sources.streaming_csv import streaming_csv
from trending.sources.table import TableSource

if TYPE_CHECKING:
    from ray.data import Dataset

HEADER = "type,title,country,date_added,release_year,listed_in,description\n"


def titles_of(source: TableSource) -> Dataset:
    titles = source.titles()
    assert titles is not None
    return titles


def catalogue(path: Path, rows: int) -> TableSource:
    plot = "A plot of some length that makes the blocks of the file fill up " * 8
    path.write_text(
        HEADER + "".join(f"Movie,Title {n},Peru,2020-01-01,1999,Dramas,{plot}\n" for n in range(rows))
    )
    return streaming_csv("netflix", str(path))


def test_one_file_becomes_many_blocks_and_reading_is_apart_from_the_map(
    ray_cluster: None, tmp_path: Path
) -> None:
    source = catalogue(tmp_path / "a.csv", 3000)
    mapped = titles_of(source).map_batches(lambda batch: batch, batch_format="pyarrow").materialize()
    assert mapped.count() == source.count()[0] == 3000
    assert mapped.num_blocks() > 2
    assert "ReadSource->" not in mapped.stats()
    schema = mapped.schema()
    assert schema is not None
    assert schema.base_schema == RAW_TITLES


def test_several_files_lose_no_row_and_every_row_ref_is_unique(ray_cluster: None, tmp_path: Path) -> None:
    for name, rows in (("a.csv", 700), ("b.csv", 0), ("c.csv", 1300)):
        catalogue(tmp_path / name, rows)
    source = streaming_csv("netflix", str(tmp_path))
    refs = Counter(row["row_ref"] for row in titles_of(source).select_columns(["row_ref"]).iter_rows())
    assert refs.total() == len(refs) == source.count()[0] == 2000
    assert {"a.csv:2", "c.csv:1301"} <= set(refs)


def test_an_empty_file_keeps_the_shape_of_the_rows(ray_cluster: None, tmp_path: Path) -> None:
    titles = titles_of(catalogue(tmp_path / "a.csv", 0)).materialize()
    schema = titles.schema()
    assert schema is not None
    assert (titles.count(), schema.names) == (0, RAW_TITLES.names)


def test_a_fault_deep_in_a_file_reaches_the_caller_plain(ray_cluster: None, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    catalogue(path, 900)
    with path.open("a") as file:
        file.write('Movie,"The quote that never closes,Peru,2020-01-01,1999,Dramas,x\n')
    titles = titles_of(streaming_csv("netflix", str(path)))
    with pytest.raises(SourceError) as caught, source_faults():
        titles.map_batches(lambda batch: batch, batch_format="pyarrow").write_parquet(str(tmp_path / "out"))
    assert type(caught.value) is SourceError
    assert caught.value.where == f"{path}:902"
    assert "\n" not in str(caught.value)


def test_a_fault_of_a_record_travels_as_a_row(ray_cluster: None, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(HEADER + "Movie,Cut off\n")
    batch = pa.Table.from_pylist(titles_of(streaming_csv("netflix", str(path))).take_all())
    assert batch.select(["row_ref", "fault", "raw"]).to_pylist() == [
        {"row_ref": "a.csv:2", "fault": "expected 7 fields, found 2", "raw": "Movie,Cut off"}
    ]
