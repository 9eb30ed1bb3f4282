from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.catalog.rows import reviews, titles
from trending.catalog.accounting import balance, label_counts, leakage
from trending.catalog.cleaning import CLEANED_REVIEWS, CLEANED_TITLES
from trending.catalog.commit import entry_rows, review_rows
from trending.catalog.dispositions import Dispositions, decide_titles, moved_row_hash
from trending.catalog.schema import QUARANTINE, REVIEWS, TITLES
from trending.catalog.staging import Staged, read_rows, row_id, stage_batch, staging_folder, union
from trending.errors import AccountingError
from trending.settings import Settings


def cleaned(*rows: dict[str, Any]) -> pa.Table:
    """Rows of `CLEANED_TITLES` at lines 1, 2, ... of `films.csv`."""
    usual = {"source": "films", "unmapped": [], "not_genres": [], "warnings": []}
    return pa.Table.from_pylist(
        [usual | {"row_ref": f"films.csv:{line}"} | row for line, row in enumerate(rows, start=1)],
        schema=CLEANED_TITLES,
    )


def good(name: str, **fields: Any) -> dict[str, Any]:
    return titles(name).to_pylist()[0] | {"minhash": bytes(256)} | fields


@pytest.fixture
def staged(tmp_path: Path) -> Staged:
    """A film that names its genre, and a row that could not be read."""
    guess = {
        "keyword_before": ["Comedy", "Drama"],
        "keyword_after": ["Comedy"],
        "leaked": True,
        "unmapped": ["X"],
    }
    batch = cleaned(good("Alpha", **guess), {"fault": "no title", "raw": '{"title": ""}'})
    light = stage_batch(batch, table="titles", folder=tmp_path)
    return Staged("titles", light.sort_by("staged_id"))


def decided(staged: Staged) -> Dispositions:
    return decide_titles(staged, TITLES.empty_table(), similarity=0.9)[0]


def test_every_row_is_staged_with_an_id_of_its_place(staged: Staged, tmp_path: Path) -> None:
    [file] = tmp_path.glob("*.parquet")
    rows = pq.read_table(file)

    assert rows["staged_id"].to_pylist() == [
        row_id("titles", "films", f"films.csv:{line}") for line in (1, 2)
    ]
    assert set(staged.light["file"].to_pylist()) == {str(file)}
    assert "plot" not in staged.light.column_names


def test_only_the_wanted_rows_and_columns_are_read_back(staged: Staged) -> None:
    paths = pa.table({"file": staged.light["file"].unique()})
    wanted = np.array([row_id("titles", "films", "films.csv:1")])

    [rows] = read_rows(paths, wanted=wanted, columns=["title", "staged_id"])

    assert rows.select(["title"]).to_pylist() == [{"title": "Alpha"}]


def test_a_row_is_the_same_place_only_in_its_table_and_source() -> None:
    places = [("titles", "a", "f:1"), ("reviews", "a", "f:1"), ("titles", "b", "f:1"), ("titles", "a", "f:2")]
    assert len({row_id(*place) for place in places}) == len(places)


def test_reviews_are_staged_alike(tmp_path: Path) -> None:
    rows = [row | {"row_ref": "r.csv:2", "warnings": []} for row in reviews("Superb.").to_pylist()]
    light = stage_batch(pa.Table.from_pylist(rows, schema=CLEANED_REVIEWS), table="reviews", folder=tmp_path)
    assert light["review_id"].to_pylist() == ["id-Superb."]
    assert light["content"].to_pylist() == light["row_hash"].to_pylist()


def test_the_staging_folder_takes_along_what_a_killed_run_left(settings: Settings) -> None:
    left = settings.staging_dir / "old" / "titles.parquet"
    left.parent.mkdir(parents=True)
    left.touch()

    with staging_folder(settings) as folder:
        assert folder.is_dir()
        assert not left.exists()
    assert not settings.staging_dir.exists()


def test_leakage_compares_a_keyword_match_before_and_after_masking(staged: Staged) -> None:
    found = leakage(staged.light)
    # One label; before: two guesses, one right (2·1 / 3); after: one guess, none right.
    assert (found.leaked_plots, found.keyword_f1, found.keyword_f1_masked) == (1, 0.6667, 0.0)
    assert leakage(staged.light.slice(0, 0)).keyword_f1 == 0.0


def test_labels_are_counted_most_frequent_first() -> None:
    rows = pa.table({"unmapped": [["b"], ["a", "b"], [], ["c"]]})
    assert list(label_counts(rows, "unmapped").items()) == [("b", 2), ("a", 1), ("c", 1)]


def test_the_account_names_the_source_whose_rows_are_missing(staged: Staged) -> None:
    assert balance(decided(staged), {"films": 2}).as_json() == {
        "rows_in": 2,
        "accepted": 1,
        "merged": 0,
        "quarantined": 1,
    }
    with pytest.raises(AccountingError, match="films: 3 titles are in the source, but 2 came out"):
        balance(decided(staged), {"films": 3})


def test_the_account_refuses_a_row_that_was_decided_twice_or_not_at_all(staged: Staged) -> None:
    right = decided(staged)
    lost = Dispositions(staged, right.accepted[:0], right.keys[:0], right.changed[:0], right.entries)
    with pytest.raises(AccountingError, match="another sum"):
        balance(lost, {"films": 2})


def test_two_rows_of_one_place_are_named(tmp_path: Path) -> None:
    batch = cleaned(good("Alpha"), good("Beta", row_ref="films.csv:1"))
    light = stage_batch(batch, table="titles", folder=tmp_path)
    with pytest.raises(AccountingError, match=r"films films\.csv:1: two titles"):
        balance(decided(Staged("titles", light)), {"films": 2})


def test_an_entry_of_quarantine_holds_the_row_as_it_came(staged: Staged) -> None:
    entries = decided(staged).entries
    paths = pa.table({"file": staged.light["file"].unique()})
    [rows] = read_rows(paths, wanted=entries["staged_id"].to_numpy(), columns=None)

    [entry] = entry_rows(rows, entries=entries).to_pylist()

    assert list(entry) == QUARANTINE.names
    assert (entry["reason"], entry["row_ref"], entry["raw"]) == ("no title", "films.csv:2", '{"title": ""}')


def test_a_review_of_a_merged_title_is_written_with_the_title_that_stands_for_it() -> None:
    batch = pa.concat_tables([reviews("Superb.", title_id="gone"), reviews("Fine.", title_id="there")])

    rows = {row["text"]: row for row in review_rows(batch, merged_titles={"gone": "winner"}).to_pylist()}

    assert rows["Superb."]["title_id"] == "winner"
    assert rows["Superb."]["row_hash"] == moved_row_hash(batch["row_hash"][0].as_py(), "winner")
    assert rows["Fine."] == batch.slice(1).select(REVIEWS.names).to_pylist()[0]


def test_no_datasets_have_no_union() -> None:
    assert union([None, None]) is None
