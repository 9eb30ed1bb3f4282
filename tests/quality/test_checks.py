from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import yaml

from trending.catalog.schema import TITLES
from trending.errors import SettingsError
from trending.quality.checks import CheckReport, CheckResult, load_checks, run_checks
from trending.quality.profiles import TITLE_COLUMNS, profile_table

TODAY = date(2026, 3, 1)
MakeTitles = Callable[..., pa.Table]


def run(
    tmp_path: Path, table: pa.Table, previous: pa.Table | None = None, quarantined: int = 0, **check: Any
) -> CheckResult:
    """The result of one check, written to a file and read from there."""
    file = tmp_path / "checks.yaml"
    file.write_text(
        yaml.safe_dump({"checks": [{"name": "it", "severity": "error"} | check]}, sort_keys=False)
    )
    report = run_checks(
        load_checks(file),
        profile_table(table),
        schema=table.schema,
        today=TODAY,
        previous=None if previous is None else profile_table(previous),
        quarantined=quarantined,
    )
    return report.results[0]


def numbers(*values: int | None, name: str = "year") -> pa.Table:
    return pa.table({name: pa.array(values, pa.int32())})


def shipped(table: pa.Table, **more: Any) -> CheckReport:
    profile = profile_table(table.select(TITLE_COLUMNS))
    return run_checks(load_checks(), profile, schema=table.schema, today=TODAY, **more)


def test_good_titles_pass_every_shipped_error(make_titles: MakeTitles) -> None:
    report = shipped(make_titles(320))
    assert [result.sentence for result in report.failed_errors] == []
    assert [result.name for result in report.failed_warnings] == ["most genres occur"]


def test_titles_of_the_next_century_stop_the_ingest(make_titles: MakeTitles) -> None:
    report = shipped(make_titles(5, release_year=2100))
    assert [result.name for result in report.failed_errors] == ["years lie within the history of film"]
    assert report.failed_errors[0].sentence == (
        "years lie within the history of film: expected release_year from 1870 to 2027, found 2100 to 2100"
    )


def test_an_unknown_kind_stops_the_ingest(make_titles: MakeTitles) -> None:
    report = shipped(make_titles(5, kind="podcast"))
    assert [result.observed for result in report.failed_errors] == ["also 'podcast'"]


def test_an_empty_table_stops_the_ingest() -> None:
    report = shipped(TITLES.empty_table())
    assert "there is at least one title" in [result.name for result in report.failed_errors]


def test_a_report_is_plain_json_values(make_titles: MakeTitles) -> None:
    first = shipped(make_titles(5)).as_json()[0]
    assert first["status"] == "passed"
    assert set(first) == {"name", "severity", "status", "observed", "expected"}


def test_schema_accepts_the_large_types_and_more_columns(tmp_path: Path) -> None:
    table = pa.table({"genres": pa.array([["a"]], pa.large_list(pa.large_string())), "more": [1]})
    assert run(tmp_path, table, check="schema", columns={"genres": "list<string>"}).passed


def test_schema_names_what_is_missing_and_what_is_of_another_type(tmp_path: Path) -> None:
    result = run(tmp_path, numbers(1), check="schema", columns={"year": "string", "title": "string"})
    assert (result.status, result.observed) == ("failed", "year is int32; title is missing")


@pytest.mark.parametrize(("max_share", "status"), [(0.0, "failed"), (0.4, "failed"), (0.5, "passed")])
def test_nulls_are_held_to_their_share(tmp_path: Path, max_share: float, status: str) -> None:
    assert run(tmp_path, numbers(1, None), check="nulls", column="year", max_share=max_share).status == status


@pytest.mark.parametrize(
    ("bounds", "status"),
    [
        ({"min": 1900}, "passed"),
        ({"min": 1991}, "failed"),
        ({"max": 2026}, "failed"),
        ({"max": "next year"}, "passed"),
    ],
)
def test_a_range_is_held_at_both_ends(tmp_path: Path, bounds: dict[str, Any], status: str) -> None:
    assert run(tmp_path, numbers(1990, 2027), check="range", column="year", **bounds).status == status


def test_a_range_of_dates_may_end_today(tmp_path: Path) -> None:
    table = pa.table({"added_on": pa.array([date(2026, 3, 2)], pa.date32())})
    result = run(tmp_path, table, check="range", column="added_on", max="today")
    assert (result.status, result.expected) == ("failed", "added_on at most 2026-03-01")
    assert run(tmp_path, table, check="range", column="added_on", min=date(2026, 1, 1)).passed


def test_dates_are_never_measured_with_numbers(tmp_path: Path) -> None:
    table = pa.table({"added_on": pa.array([date(2026, 3, 2)], pa.date32())})
    assert "cannot be compared" in run(tmp_path, table, check="range", column="added_on", max=5).observed


def test_cardinality_is_held_to_its_bounds(tmp_path: Path) -> None:
    table = pa.table({"split": ["train", "test", None]})
    assert run(tmp_path, table, check="cardinality", column="split", min=2, max=2).passed
    result = run(tmp_path, table, check="cardinality", column="split", min=3)
    assert (result.status, result.sentence) == (
        "failed",
        "it: expected at least 3 different values of split, found 2",
    )


def test_volume_is_held_to_its_bounds(tmp_path: Path) -> None:
    ids = pa.table({"title_id": ["a", "b"]})
    assert run(tmp_path, ids, check="volume", min_rows=2, max_rows=2).passed
    assert not run(tmp_path, ids, check="volume", min_rows=3).passed


@pytest.mark.parametrize(("rows", "status"), [(4, "failed"), (5, "passed"), (20, "passed"), (21, "failed")])
def test_volume_is_measured_against_the_snapshot_before(tmp_path: Path, rows: int, status: str) -> None:
    before, now = (pa.table({"title_id": [str(n) for n in range(count)]}) for count in (10, rows))
    result = run(tmp_path, now, before, check="volume", max_drop=0.5, max_growth=1.0)
    assert result.status == status


def test_freshness_is_the_age_of_the_newest_date(tmp_path: Path) -> None:
    table = pa.table({"added_on": pa.array([date(2020, 1, 1), date(2026, 2, 1)], pa.date32())})
    assert run(tmp_path, table, check="freshness", column="added_on", max_age_days=28).passed
    result = run(tmp_path, table, check="freshness", column="added_on", max_age_days=27)
    assert (result.status, result.observed) == ("failed", "2026-02-01 (28 days ago)")


def test_quarantine_is_held_to_its_share(tmp_path: Path) -> None:
    ids = pa.table({"title_id": ["a", "b", "c"]})
    assert run(tmp_path, ids, check="quarantine", max_share=0.25, quarantined=1).passed
    assert run(tmp_path, ids, check="quarantine", max_share=0.25, quarantined=2).observed == "2 of 5 (40.0%)"


@pytest.mark.parametrize(
    "check",
    [
        {"check": "range", "column": "year", "min": 1},
        {"check": "cardinality", "column": "year", "min": 1},
        {"check": "freshness", "column": "year", "max_age_days": 1},
        {"check": "volume", "max_drop": 0.5},
    ],
)
def test_a_check_without_anything_to_judge_is_skipped_and_does_not_fail(
    tmp_path: Path, check: dict[str, Any]
) -> None:
    result = run(tmp_path, numbers(None, None), **check)
    assert (result.status, result.passed) == ("skipped", True)


def test_no_rows_are_nothing_to_judge(tmp_path: Path) -> None:
    table = pa.table({"title_id": pa.array([], pa.string())})
    assert run(tmp_path, table, check="quarantine", max_share=0.1).status == "skipped"


@pytest.mark.parametrize(
    "check",
    [
        {"check": "nulls", "max_share": 0},
        {"check": "range", "min": 1},
        {"check": "cardinality", "min": 1},
        {"check": "freshness", "max_age_days": 1},
    ],
)
def test_a_check_of_a_column_that_is_not_there_fails(tmp_path: Path, check: dict[str, Any]) -> None:
    result = run(tmp_path, numbers(1), column="yeer", **check)
    assert (result.status, result.observed) == ("failed", "no column yeer in the profile")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("checks: [{name: a, check: range, severity: error, column: b}]", "check 1 (a)"),
        ("checks: [{name: a, check: cardinality, severity: error, column: b}]", "`allowed`"),
        ("checks: [{name: a, check: volume, severity: error}]", "`min_rows`"),
        ("checks: [{name: a, check: nulls, severity: fatal, column: b, max_share: 0}]", "severity"),
        ("checks: [{name: a, check: nulls, severity: error, column: b, max_share: 0, x: 1}]", "x: Extra"),
        ("checks: [{name: a, check: unheard}]", "unheard"),
        ("checks: [5]", "check 1"),
        ("checks: {a: 1}", "expected a list"),
        ("- a", "expected a list"),
        ("a: [", "not YAML"),
    ],
)
def test_a_wrong_checks_file_is_an_error_that_says_where(tmp_path: Path, text: str, says: str) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(text)
    with pytest.raises(SettingsError, match=r"mine\.yaml") as caught:
        load_checks(file)
    assert says in str(caught.value)


def test_two_checks_of_one_name_are_an_error(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    entry = {"name": "a", "check": "volume", "min_rows": 1, "severity": "error"}
    file.write_text(yaml.safe_dump({"checks": [entry, entry]}))
    with pytest.raises(SettingsError, match="repeated: a"):
        load_checks(file)


def test_a_missing_checks_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="no such checks file"):
        load_checks(tmp_path / "none.yaml")
