from __future__ import annotations

import os
import subprocess
import sys
from datetime import date

import pyarrow as pa
import pytest

from trending.catalog.schema import TITLES
from trending.quality.profiles import (
    TITLE_COLUMNS,
    count_words,
    merge_profiles,
    profile_dataset,
    profile_table,
    summarise,
)


def test_a_profile_tells_counts_nulls_ends_and_middle_of_numbers() -> None:
    years = summarise(profile_table(pa.table({"year": pa.array([1990, 2000, None, 2020], pa.int32())})))[
        "year"
    ]
    assert (years.count, years.nulls, years.min, years.max) == (4, 1, 1990, 2020)
    assert years.mean == pytest.approx(2003.33, abs=0.01)
    assert years.median == 2000
    assert years.distinct == 3
    assert years.types == ("integral",)
    assert years.null_share == 0.25


def test_dates_come_back_as_dates() -> None:
    days = pa.array([date(1969, 7, 20), None, date(2021, 9, 25)], pa.date32())
    added = summarise(profile_table(pa.table({"added_on": days})))["added_on"]
    assert (added.min, added.max, added.nulls) == (date(1969, 7, 20), date(2021, 9, 25), 1)


def test_a_column_without_any_value_has_no_ends() -> None:
    added = summarise(profile_table(pa.table({"added_on": pa.nulls(3, pa.date32())})))["added_on"]
    assert (added.count, added.nulls, added.min, added.max, added.mean) == (3, 3, None, None, None)


def test_plots_are_profiled_by_their_words_and_never_by_their_text() -> None:
    summary = summarise(profile_table(pa.table({"plot": ["one two three", "one", None]})))
    assert list(summary) == ["plot_words"]
    assert (summary["plot_words"].min, summary["plot_words"].max, summary["plot_words"].nulls) == (1, 3, 1)


def test_a_list_is_profiled_by_its_members_and_its_length() -> None:
    summary = summarise(profile_table(pa.table({"genres": [["Drama", "Comedy"], ["Drama"], []]})))
    assert summary["genres"].frequent == {"Drama": 2, "Comedy": 1}
    assert (summary["genres_count"].min, summary["genres_count"].max) == (0, 2)


def test_fractions_and_flags_are_profiled() -> None:
    summary = summarise(profile_table(pa.table({"rating": [1.5, 2.5], "leaked": [True, False]})))
    assert summary["rating"].mean == 2.0
    assert summary["leaked"].count == 2


def test_merged_profiles_equal_the_profile_of_all_rows(titles: pa.Table) -> None:
    table = titles.select(TITLE_COLUMNS)
    parts = [profile_table(table.slice(start, 17)) for start in range(0, table.num_rows, 17)]
    assert summarise(merge_profiles(parts)) == summarise(profile_table(table))


def test_merging_nothing_is_a_profile_without_columns() -> None:
    assert summarise(merge_profiles([])) == {}


def test_an_empty_table_has_a_profile_with_no_rows() -> None:
    summary = summarise(profile_table(TITLES.empty_table().select(TITLE_COLUMNS)))
    assert "kind" not in summary or summary["kind"].count == 0


def test_words_are_runs_of_anything_but_white_space() -> None:
    column = pa.chunked_array([["  two\twords\n", ""], [None]], pa.string())
    assert count_words(column).to_pylist() == [2, 0, None]


def test_a_ray_dataset_has_the_profile_of_its_rows(ray_cluster: None, titles: pa.Table) -> None:
    import ray

    blocks = [titles.slice(0, 25), titles.slice(25, 5), titles.slice(30)]
    profile = profile_dataset(ray.data.from_arrow(blocks))
    assert summarise(profile) == summarise(profile_table(titles.select(TITLE_COLUMNS)))


def test_whylogs_sends_nothing_home_and_is_not_loaded_by_an_import() -> None:
    program = (
        "import sys, trending.quality.checks as c, trending.quality.profiles as p, pyarrow as pa\n"
        "assert 'whylogs' not in sys.modules and 'ray' not in sys.modules\n"
        "p.profile_table(pa.table({'a': [1]}))\n"
        "from whylogs.api import usage_stats\n"
        "assert usage_stats._TELEMETRY_DISABLED\n"
    )
    environment = {key: value for key, value in os.environ.items() if key != "WHYLOGS_NO_ANALYTICS"}
    subprocess.run([sys.executable, "-c", program], check=True, env=environment)
