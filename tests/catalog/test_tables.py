from __future__ import annotations

from typing import cast

import pyarrow as pa
import pytest

from tests.catalog.rows import entries, reviews, titles
from trending.catalog.schema import REVIEWS, TITLES
from trending.catalog.tables import Tables, snapshot_properties
from trending.errors import SnapshotError
from trending.settings import Settings

pytestmark = pytest.mark.usefixtures("ray_cluster")


@pytest.fixture
def tables(settings: Settings) -> Tables:
    return Tables(settings)


def plots(tables: Tables, snapshot_id: int | None = None) -> dict[str, str]:
    rows = tables.read_arrow("titles", snapshot_id).to_pylist()
    return {row["title"]: row["plot"] for row in rows}


def test_tables_are_there_and_empty_before_the_first_write(tables: Tables) -> None:
    assert tables.latest() is None
    assert tables.read_arrow("titles").num_rows == 0
    assert tables.read("titles", columns=["title", "plot"]).count() == 0
    assert tables.read_arrow("reviews").schema.names == REVIEWS.names
    assert tables.rows("titles") == 0


def test_upsert_inserts_new_rows_and_replaces_those_with_the_same_key(tables: Tables) -> None:
    first = tables.upsert("titles", titles("Alpha", "Beta"), key="title_id")
    second = tables.upsert("titles", titles("Beta", "Gamma", plot="Another plot."), key="title_id")

    assert plots(tables) == {"Alpha": "The plot of Alpha.", "Beta": "Another plot.", "Gamma": "Another plot."}
    assert plots(tables, first) == {"Alpha": "The plot of Alpha.", "Beta": "The plot of Beta."}
    assert tables.latest() == second != first
    assert (tables.rows("titles", first), tables.rows("titles")) == (2, 3)


def test_what_is_read_has_the_types_and_values_that_were_written(tables: Tables) -> None:
    written = titles("Alpha")
    tables.upsert("titles", written, key="title_id")

    batch = cast("pa.Table", next(iter(tables.read("titles").iter_batches(batch_format="pyarrow"))))

    assert batch.to_pylist() == written.to_pylist() == tables.read_arrow("titles").to_pylist()
    assert [field.type for field in batch.schema] == [field.type for field in TITLES]


def test_rows_can_be_read_by_a_filter(tables: Tables) -> None:
    tables.upsert("titles", titles("Alpha", "Beta"), key="title_id")
    assert tables.read_arrow("titles", columns=["title"], where="title_id < 'id-B'").to_pylist() == [
        {"title": "Alpha"}
    ]


def test_upsert_of_no_rows_makes_no_snapshot(tables: Tables) -> None:
    before = tables.upsert("titles", titles("Alpha"), key="title_id")
    assert tables.upsert("titles", TITLES.empty_table(), key="title_id") == before


def test_rows_of_a_dataset_read_from_files_can_be_written(tables: Tables, tmp_path) -> None:
    import pyarrow.parquet as pq
    import ray

    pq.write_table(titles("Alpha", "Beta"), tmp_path / "staged.parquet")

    paths = ray.data.from_arrow(pa.table({"file": [str(tmp_path / "staged.parquet")]}))
    rows = paths.map_batches(
        lambda batch: pq.read_table(batch.to_pylist()[0]["file"]),  # pyright: ignore[reportAttributeAccessIssue]
        batch_format="pyarrow",
    )
    tables.upsert("titles", rows, key="title_id")

    assert set(plots(tables)) == {"Alpha", "Beta"}
    assert [field.name for field in tables.table("titles").schema().fields] == TITLES.names


def test_one_snapshot_id_pins_all_three_tables(tables: Tables) -> None:
    tables.upsert("reviews", reviews("Superb."), key="review_id")
    tables.upsert("quarantine", entries("films.csv:3"), key="entry_id")
    first = tables.upsert("titles", titles("Alpha"), key="title_id", properties=tables.heads())
    tables.upsert("reviews", reviews("Dreadful."), key="review_id")
    second = tables.commit_version(tables.heads())

    assert tables.read_arrow("reviews", first)["text"].to_pylist() == ["Superb."]
    assert sorted(tables.read_arrow("reviews", second)["text"].to_pylist()) == ["Dreadful.", "Superb."]
    assert tables.read("reviews", first).count() == 1
    assert tables.read_arrow("quarantine", first)["row_ref"].to_pylist() == ["films.csv:3"]
    assert plots(tables, first) == plots(tables, second)


def test_reviews_are_not_read_before_a_version_of_the_data_names_them(tables: Tables) -> None:
    tables.upsert("titles", titles("Alpha"), key="title_id", properties=tables.heads())
    tables.upsert("reviews", reviews("Superb."), key="review_id")

    assert tables.read_arrow("reviews").num_rows == 0


def test_commits_that_never_became_a_version_are_rolled_back(tables: Tables) -> None:
    tables.upsert("reviews", reviews("Superb."), key="review_id")
    version = tables.upsert("titles", titles("Alpha"), key="title_id", properties=tables.heads())
    tables.upsert("reviews", reviews("Unfinished."), key="review_id")
    tables.upsert("quarantine", entries("films.csv:3"), key="entry_id")

    assert tables.roll_back_unfinished() == ["reviews", "quarantine"]

    assert tables.roll_back_unfinished() == []
    assert tables.latest() == version
    tables.upsert("reviews", reviews("Fine."), key="review_id")
    tables.commit_version(tables.heads())
    assert sorted(tables.read_arrow("reviews")["text"].to_pylist()) == ["Fine.", "Superb."]
    assert tables.read_arrow("quarantine").num_rows == 0


def test_delete_removes_only_the_named_rows(tables: Tables) -> None:
    tables.upsert("quarantine", entries("a:1", "a:2"), key="entry_id")
    tables.delete("quarantine", key="entry_id", values=["id-a:1"])
    tables.delete("quarantine", key="entry_id", values=[])
    tables.upsert("titles", titles("Alpha"), key="title_id", properties=tables.heads())

    assert tables.read_arrow("quarantine")["row_ref"].to_pylist() == ["a:2"]


def test_properties_are_kept_with_the_snapshot(tables: Tables) -> None:
    version = tables.upsert("titles", titles("Alpha"), key="title_id", properties={"changed": "1"})
    assert version is not None
    assert snapshot_properties(tables.snapshot(version)) == {"changed": "1"}


def test_other_tables_are_made_once_and_upserted_alike(tables: Tables) -> None:
    schema = pa.schema([("document", pa.string()), ("vector", pa.list_(pa.float32()))])
    for _ in range(2):
        tables.ensure("features.embeddings", schema)
    row = pa.table({"document": ["a"], "vector": [[1.0, 2.0]]}, schema=schema)

    first = tables.upsert("features.embeddings", row, key="document")
    tables.upsert("features.embeddings", row.set_column(1, "vector", [[[3.0, 4.0]]]), key="document")

    assert tables.read_arrow("features.embeddings").to_pylist() == [{"document": "a", "vector": [3.0, 4.0]}]
    assert tables.read_arrow("features.embeddings", first)["vector"].to_pylist() == [[1.0, 2.0]]
    assert tables.read("features.embeddings").count() == 1


def test_an_unknown_snapshot_or_table_is_named(tables: Tables) -> None:
    with pytest.raises(SnapshotError, match="no snapshot 17"):
        tables.read("titles", 17)
    with pytest.raises(SnapshotError, match=r"no table features\.nothing"):
        tables.read("features.nothing")
