"""New snapshots become new indexes; whoever reads is served, and what fails leaves the old index."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import pytest

from serve_app.contracts import TitleQuery
from serve_app.titles import fresh
from serve_app.titles.fresh import FreshIndex
from tests.serve_app.titles.shelves import enrich, enrichment, shelve, title
from trending.catalog.tables import Tables
from trending.errors import ServiceError
from trending.settings import Settings


@pytest.fixture(autouse=True)
def temporary_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "tmp"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    return folder


@pytest.fixture
def index(settings: Settings) -> Iterator[FreshIndex]:
    index = FreshIndex(settings)
    yield index
    index.close()


def titles(index: FreshIndex) -> list[str]:
    with index.reading() as current:
        return [item.title for item in current.search(TitleQuery(sort="title")).items]


def snapshot_id(index: FreshIndex) -> str:
    with index.reading() as current:
        return current.snapshot_id


def test_before_the_first_ingest_the_list_is_empty(index: FreshIndex) -> None:
    assert index.refresh()
    assert titles(index) == []
    assert snapshot_id(index) == "0-0"


def test_the_snapshot_id_changes_with_titles_and_with_enrichments(
    index: FreshIndex, settings: Settings
) -> None:
    first = shelve(settings, [title("Heat")]).latest()
    index.refresh()
    assert snapshot_id(index) == f"{first}-0"
    enrich(settings, enrichment("Heat", vibe_score=7.0))
    enriched = Tables(settings).belonging("catalog.enrichments")
    assert index.refresh()
    assert snapshot_id(index) == f"{first}-{enriched}"
    second = shelve(settings, [title("Heat"), title("Ronin")]).latest()
    assert index.refresh()
    assert snapshot_id(index) == f"{second}-{enriched}"
    assert titles(index) == ["Heat", "Ronin"]


def test_without_a_new_snapshot_nothing_is_built(
    index: FreshIndex, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelve(settings, [title("Heat")])
    assert index.refresh()
    monkeypatch.setattr(fresh, "build_index", lambda *_: pytest.fail("built again"))
    assert not index.refresh()


def test_a_build_that_fails_leaves_the_old_index_and_is_tried_again(
    index: FreshIndex,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    temporary_folder: Path,
) -> None:
    tables = shelve(settings, [title("Heat")])
    index.refresh()
    shelve(settings, [title("Ronin")])
    lost = [
        Path(task.file.file_path.removeprefix("file://"))
        for task in tables.table("titles").scan().plan_files()
    ]
    away = [file.rename(file.with_suffix(".away")) for file in lost]

    assert not index.refresh()
    assert titles(index) == ["Heat"]
    assert "stays as it was" in caplog.text
    assert len(list(temporary_folder.rglob("*.db"))) == 1

    for there, file in zip(away, lost, strict=True):
        there.rename(file)
    assert index.refresh()
    assert titles(index) == ["Ronin"]


def test_where_there_never_was_an_index_reading_says_so(
    index: FreshIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError("no such bucket")

    monkeypatch.setattr(fresh, "build_index", fail)
    assert not index.refresh()
    with pytest.raises(ServiceError, match="The log says why"):
        titles(index)


def test_readers_of_the_old_index_end_in_peace(
    index: FreshIndex, settings: Settings, temporary_folder: Path
) -> None:
    shelve(settings, [title("Heat")])
    index.refresh()
    with index.reading() as old:
        shelve(settings, [title("Ronin")])
        index.refresh()
        assert titles(index) == ["Ronin"]
        assert [item.title for item in old.search(TitleQuery()).items] == ["Heat"]
        assert len(list(temporary_folder.rglob("*.db"))) == 2
    assert len(list(temporary_folder.rglob("*.db"))) == 1


def test_no_request_fails_or_waits_while_indexes_come_and_go(index: FreshIndex, settings: Settings) -> None:
    shelve(settings, [title("Heat")])
    index.refresh()
    done = Event()

    def read() -> int:
        answers = 0
        while not done.is_set() or not answers:
            assert len(titles(index)) == 1
            answers += 1
        return answers

    with ThreadPoolExecutor(4) as pool:
        readers = [pool.submit(read) for _ in range(4)]
        for name in ("Ronin", "Collateral", "Thief"):
            shelve(settings, [title(name)])
            assert index.refresh()
        done.set()
        assert all(reader.result() for reader in readers)
    assert titles(index) == ["Thief"]


def test_files_go_with_the_index(settings: Settings, temporary_folder: Path) -> None:
    index = FreshIndex(settings)
    index.refresh()
    index.close()
    assert list(temporary_folder.iterdir()) == []


def test_files_of_a_killed_process_go_and_those_of_a_living_one_stay(
    settings: Settings, temporary_folder: Path
) -> None:
    program = (
        "import os, signal, sys, tempfile; tempfile.tempdir = sys.argv[1];"
        "from serve_app.titles.fresh import FreshIndex; from trending.settings import Settings;"
        "index = FreshIndex(Settings(home=sys.argv[2])); index.refresh(); os.kill(os.getpid(), signal.SIGKILL)"
    )
    subprocess.run([sys.executable, "-c", program, temporary_folder, settings.root], check=False)
    (abandoned,) = temporary_folder.iterdir()
    living = FreshIndex(settings)
    assert not abandoned.exists()
    living.refresh()
    FreshIndex(settings).close()
    assert titles(living) == []
    living.close()
