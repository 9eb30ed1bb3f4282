from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from tests.catalog.catalogues import PLOTS, catalogue, film
from trending.catalog.commit import only_writer
from trending.catalog.ingest import IngestResult, ingest
from trending.catalog.snapshots import diff, log
from trending.catalog.tables import Tables, snapshot_properties
from trending.errors import AccountingError, BusyError, QualityError, SourceError
from trending.settings import Settings
from trending.sources.mapping import Mapping
from trending.sources.table import TableSource

pytestmark = pytest.mark.usefixtures("ray_cluster")

ROWS: list[Any] = [
    film(
        "The Lamp",
        PLOTS[0],
        reviews=[{"text": "Cold and true.", "rating": "8"}, {"text": "Cold and true.", "rating": "8"}],
    ),
    film(
        "The Lamp (Subtitled)", PLOTS[0], release_year="2001", reviews=[{"text": "Mail me: a.b@example.org"}]
    ),
    film("The Lamp", PLOTS[0], platform="Prime Video", kind="show"),
    film("Flour", PLOTS[1], genres=["Comedy", "Kitchen Sagas"]),
    film("Harbour Papers", "This is a 2018 mystery thriller film. " + PLOTS[2], genres=["Thriller"]),
    film("", PLOTS[3], reviews=[{"text": "Which film was this?"}]),
    film("No Year", PLOTS[3], release_year="", reviews=[{"text": "A fine match."}, {"text": " "}]),
    "{not json",
]


def changed(rows: list[Any], index: int, **fields: Any) -> list[Any]:
    return [row | fields if place == index else row for place, row in enumerate(rows)]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("ingest")


@pytest.fixture(scope="module")
def first(home: Path, ray_cluster: None) -> IngestResult:
    """The catalogue `ROWS`, ingested once for all tests that only look at the result."""
    return ingest([catalogue(home / "films.jsonl", ROWS)], Settings(home=home / "state"))


@pytest.fixture
def tables(home: Path, first: IngestResult) -> Tables:
    return Tables(Settings(home=home / "state"))


def test_a_version_of_the_data_knows_the_files_it_came_from(
    home: Path, first: IngestResult, tables: Tables
) -> None:
    film_file = home / "films.jsonl"
    (found,) = log(Settings(home=home / "state"))[0].files
    assert (found.source, found.path, found.bytes) == ("films", str(film_file), film_file.stat().st_size)
    assert found.sha256 == hashlib.sha256(film_file.read_bytes()).hexdigest()


def test_every_row_is_accepted_merged_or_quarantined(first: IngestResult) -> None:
    assert first.titles.as_json() == {"rows_in": 8, "accepted": 4, "merged": 1, "quarantined": 3}
    assert first.reviews.as_json() == {"rows_in": 6, "accepted": 4, "merged": 1, "quarantined": 1}


def test_the_tables_hold_what_was_accepted(tables: Tables) -> None:
    rows = tables.read_arrow("titles").to_pylist()
    assert sorted((row["title"], row["platform"]) for row in rows) == [
        ("Flour", "Netflix"),
        ("Harbour Papers", "Netflix"),
        ("The Lamp", "Netflix"),
        ("The Lamp", "Prime Video"),
    ]
    assert len({row["split"] for row in rows if row["title"] == "The Lamp"}) == 1


def test_quarantine_tells_place_reason_and_row(tables: Tables) -> None:
    entries = {e["row_ref"]: e for e in tables.read_arrow("quarantine").to_pylist() if e["table"] == "titles"}

    assert entries["films.jsonl:6"]["reason"] == "no title"
    assert json.loads(entries["films.jsonl:7"]["raw"])["title"] == "No Year"
    assert entries["films.jsonl:8"]["raw"] == "{not json"
    merged = entries["films.jsonl:2"]
    assert merged["disposition"] == "merged"
    assert json.loads(merged["raw"])["title"] == "The Lamp (Subtitled)"
    lamp = [row for row in tables.read_arrow("titles").to_pylist() if row["title"] == "The Lamp"]
    assert merged["merged_into"] in {row["title_id"] for row in lamp if row["platform"] == "Netflix"}


def test_reviews_of_a_merged_title_go_to_the_one_that_stands_for_it(tables: Tables) -> None:
    [lamp] = [
        row["title_id"]
        for row in tables.read_arrow("titles").to_pylist()
        if (row["title"], row["platform"]) == ("The Lamp", "Netflix")
    ]
    rows = {row["text"]: row for row in tables.read_arrow("reviews").to_pylist()}
    assert rows["Cold and true."]["title_id"] == rows["Mail me: [email]"]["title_id"] == lamp


def test_a_review_of_a_title_that_is_not_in_the_catalogue_is_quarantined(
    tmp_path: Path, settings: Settings
) -> None:
    rows = [film("Short", "Too short.", reviews=[{"text": "Too short indeed."}]), film("Flour", PLOTS[1])]

    result = ingest([catalogue(tmp_path / "films.jsonl", rows)], settings)

    assert result.quarantine_reasons["its title is not in the catalogue"] == 1
    assert result.reviews.as_json() == {"rows_in": 1, "accepted": 0, "merged": 0, "quarantined": 1}


def test_the_result_reports_labels_leaks_and_reasons(first: IngestResult) -> None:
    found = json.loads(json.dumps(first.as_json()))

    assert found["unmapped_labels"] == {"Kitchen Sagas": 1}
    assert found["leaked_plots"] == 1
    assert found["keyword_f1"] > found["keyword_f1_masked"]
    assert found["quarantine_reasons"]["no title"] == 1
    assert found["changed"] == sum(found["changes"].values()) > 0
    assert set(found["stage_seconds"]) == {"count", "clean", "duplicates", "check", "commit", "card"}
    assert {"rows_in", "accepted", "merged", "quarantined", "snapshot_id", "seconds"} <= set(found)


def test_profile_checks_figures_and_card_lie_with_the_snapshot(first: IngestResult, home: Path) -> None:
    folder = Settings(home=home / "state").snapshots_dir / str(first.snapshot_id)
    names = {file.name for file in folder.iterdir()}
    assert {"profile.bin", "checks.json", "ingest.json", "data_card.html", "data_card.md"} <= names
    assert first.card == folder / "data_card.html"


def test_the_snapshot_tells_what_was_ingested(first: IngestResult, tables: Tables) -> None:
    assert first.snapshot_id is not None
    properties = snapshot_properties(tables.snapshot(first.snapshot_id))
    assert properties["sources"] == "films"
    assert properties["titles.rows_in"] == "8"


def test_an_ingest_leaves_no_staged_files(first: IngestResult, home: Path) -> None:
    assert not Settings(home=home / "state").staging_dir.exists()


def test_the_life_of_a_catalogue(tmp_path: Path, settings: Settings) -> None:
    """Again: nothing. A new row, a mended row, another review, a row gone bad: one version each."""
    file, tables = tmp_path / "films.jsonl", Tables(settings)
    start = ingest([catalogue(file, ROWS)], settings)

    again = ingest([catalogue(file, ROWS)], settings)
    assert (again.changed, again.snapshot_id) == (0, start.snapshot_id)
    assert again.card == start.card
    assert again.titles == start.titles

    grown = ingest([catalogue(file, [*ROWS, film("Ferry", PLOTS[5])])], settings)
    assert grown.changes.as_json() == {"titles": 1, "reviews": 0, "quarantine": 0}
    assert start.snapshot_id is not None
    assert grown.snapshot_id is not None
    assert [name.title for name in diff(settings, start.snapshot_id, grown.snapshot_id).added] == ["Ferry"]

    mended = ingest([catalogue(file, changed(ROWS, 6, release_year="2002"))], settings)
    assert mended.changes.as_json() == {"titles": 1, "reviews": 1, "quarantine": 3}
    refs = tables.read_arrow("quarantine")["row_ref"].to_pylist()
    assert "films.jsonl:7" not in refs
    assert tables.rows("titles") == 6

    reviewed = ingest([catalogue(file, changed(ROWS, 3, reviews=[{"text": "Sweet."}]))], settings)
    assert reviewed.changes.titles.size == 0
    assert reviewed.snapshot_id != mended.snapshot_id
    assert "Sweet." in tables.read_arrow("reviews")["text"].to_pylist()
    assert "Sweet." not in tables.read_arrow("reviews", mended.snapshot_id)["text"].to_pylist()


def test_the_order_of_the_rows_makes_no_difference(
    tmp_path: Path, settings: Settings, first: IngestResult, tables: Tables
) -> None:
    result = ingest([catalogue(tmp_path / "films.jsonl", reversed(ROWS))], settings)

    assert result.titles == first.titles
    mine, theirs = (set(t.read_arrow("titles")["row_hash"].to_pylist()) for t in (Tables(settings), tables))
    assert mine == theirs


def test_a_failed_check_of_severity_error_commits_nothing(tmp_path: Path, settings: Settings) -> None:
    checks = tmp_path / "checks.yaml"
    checks.write_text("checks:\n  - {name: many titles, check: volume, min_rows: 1000, severity: error}\n")
    strict = settings.model_copy(
        update={"ingest": settings.ingest.model_copy(update={"checks_file": checks})}
    )

    with pytest.raises(QualityError, match="many titles"):
        ingest([catalogue(tmp_path / "films.jsonl", ROWS)], strict)

    assert Tables(settings).latest() is None
    assert Tables(settings).table("reviews").current_snapshot() is None
    assert not settings.staging_dir.exists()


def test_a_lost_row_stops_the_ingest_before_the_commit(tmp_path: Path, settings: Settings) -> None:
    class Miscounted(TableSource):
        def count(self) -> tuple[int, int]:
            titles, reviews = super().count()
            return titles + 1, reviews

    source = catalogue(tmp_path / "films.jsonl", ROWS)
    source.__class__ = Miscounted

    with pytest.raises(AccountingError, match=r"films: 9 titles are in the source, but 8 came out"):
        ingest([source], settings)
    assert Tables(settings).latest() is None


def test_reviews_without_titles_can_come_first(tmp_path: Path, settings: Settings) -> None:
    file = tmp_path / "reviews.csv"
    file.write_text("text,label\nA joy from start to end.,positive\nTwo lost hours.,negative\n")
    mapping = {
        "name": "labelled",
        "reviews": {"path": str(file), "columns": {"text": "text", "sentiment": "label"}},
    }

    result = ingest([TableSource(Mapping.model_validate(mapping), told_in="test")], settings)

    assert result.reviews.as_json() == {"rows_in": 2, "accepted": 2, "merged": 0, "quarantined": 0}
    assert (result.card, result.checks) == (None, None)
    rows = Tables(settings).read_arrow("reviews", result.snapshot_id).to_pylist()
    assert {row["sentiment"] for row in rows} == {"positive", "negative"}


def test_an_unreadable_file_is_named_and_nothing_is_left(tmp_path: Path, settings: Settings) -> None:
    source = catalogue(tmp_path / "films.jsonl", ROWS)
    source.count = lambda: (8, 6)  # pyright: ignore[reportAttributeAccessIssue]
    (tmp_path / "films.jsonl").write_bytes(b'{"title": "\xff\xfe"}\n')

    with pytest.raises(SourceError, match=r"films\.jsonl:1"):
        ingest([source], settings)

    assert Tables(settings).latest() is None
    assert not settings.staging_dir.exists()


def test_two_sources_of_one_name_are_refused(tmp_path: Path, settings: Settings) -> None:
    source = catalogue(tmp_path / "films.jsonl", ROWS)
    with pytest.raises(SourceError, match="two sources of one ingest"):
        ingest([source, source], settings)


def test_a_second_ingest_at_the_same_time_is_refused(tmp_path: Path, settings: Settings) -> None:
    source = catalogue(tmp_path / "films.jsonl", ROWS)
    with only_writer(settings), pytest.raises(BusyError, match="Another ingest"):
        ingest([source], settings)
