"""Feedback is on disk when it is acknowledged, and once in its table, whatever dies in between."""

from __future__ import annotations

import resource
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

import pytest
from pyiceberg.table import Table

from serve_app.contracts import Feedback
from serve_app.titles.feedback import TABLE, FeedbackLog
from trending.catalog.tables import Tables
from trending.errors import ServiceError, SnapshotError
from trending.settings import Settings


def word(number: int | str, comment: str = "") -> Feedback:
    return Feedback(
        feedback_id=f"f-{number}",
        title_id=None,
        title="Amélie",
        plot='A "shy" waitress.\nIn Paris.',
        wrong=("Horror",),
        right=("Comedy", "Romance"),
        comment=comment,
        model_version="3",
        key_name="",
        at="2026-11-28T01:02:03+00:00",
    )


@pytest.fixture
def log(settings: Settings) -> FeedbackLog:
    return FeedbackLog(settings)


def kept(settings: Settings) -> list[str]:
    try:
        rows = Tables(settings).read_arrow(TABLE)
    except SnapshotError:
        return []
    return sorted(rows["feedback_id"].to_pylist())


def journals(settings: Settings) -> list[Path]:
    return sorted((settings.service_dir / "feedback").glob("*.jsonl"))


def test_feedback_comes_into_its_table_as_it_was_given(log: FeedbackLog, settings: Settings) -> None:
    log.add(word(1, "Nobody dies."))
    assert log.move() == 1
    (row,) = Tables(settings).read_arrow(TABLE).to_pylist()
    given = asdict(word(1, "Nobody dies."))
    assert row == given | {"wrong": ["Horror"], "right": ["Comedy", "Romance"]}
    assert journals(settings) == []
    assert log.move() == 0


def test_nothing_to_move_makes_no_table(log: FeedbackLog, settings: Settings) -> None:
    assert log.move() == 0
    assert not settings.service_dir.exists()


def test_it_is_in_a_file_before_it_is_acknowledged(log: FeedbackLog, settings: Settings) -> None:
    log.add(word(1))
    (journal,) = journals(settings)
    assert journal.read_bytes().endswith(b"}\n")
    assert kept(settings) == []


def test_a_process_killed_after_the_acknowledgement_loses_nothing(settings: Settings) -> None:
    program = (
        "import os, signal, sys; from tests.serve_app.titles.test_title_feedback import word;"
        "from serve_app.titles.feedback import FeedbackLog; from trending.settings import Settings;"
        "log = FeedbackLog(Settings(home=sys.argv[1])); log.add(word(1)); log.add(word(2));"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    subprocess.run([sys.executable, "-c", program, settings.root], check=False)
    assert FeedbackLog(settings).move() == 2
    assert kept(settings) == ["f-1", "f-2"]


def test_a_crash_before_the_table_has_it_loses_nothing(
    log: FeedbackLog, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    log.add(word(1))
    with monkeypatch.context() as crash:
        crash.setattr(Table, "append", _raise)
        with pytest.raises(OSError, match="gone"):
            log.move()
    assert kept(settings) == []
    assert FeedbackLog(settings).move() == 1
    assert kept(settings) == ["f-1"]


def test_a_crash_after_the_table_has_it_doubles_nothing(
    log: FeedbackLog, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    log.add(word(1))
    with monkeypatch.context() as crash:
        crash.setattr(Path, "unlink", _raise)
        with pytest.raises(OSError, match="gone"):
            log.move()
    assert kept(settings) == ["f-1"]
    assert len(journals(settings)) == 1
    after = FeedbackLog(settings)
    after.add(word(2))
    assert after.move() == 1
    assert kept(settings) == ["f-1", "f-2"]
    assert journals(settings) == []


def test_the_same_feedback_sent_twice_is_kept_once(log: FeedbackLog, settings: Settings) -> None:
    log.add(word(1))
    log.add(word(1))
    log.move()
    log.add(word(1))
    log.move()
    assert kept(settings) == ["f-1"]


def test_half_a_line_is_set_aside_and_the_rest_is_kept(log: FeedbackLog, settings: Settings) -> None:
    log.add(word(1))
    log.close()
    (journal,) = journals(settings)
    with journal.open("ab") as file:
        file.write(b'{"feedback_id": "f-2", "ti')
    assert FeedbackLog(settings).move() == 1
    assert kept(settings) == ["f-1"]
    aside = settings.service_dir / "feedback" / "unreadable.txt"
    assert aside.read_bytes() == b'{"feedback_id": "f-2", "ti\n'


def test_a_journal_that_another_process_writes_is_left_alone(log: FeedbackLog, settings: Settings) -> None:
    log.add(word(1))
    assert FeedbackLog(settings).move() == 0
    assert len(journals(settings)) == 1
    log.add(word(2))
    log.close()
    assert FeedbackLog(settings).move() == 2


def test_many_threads_write_while_it_is_moved(log: FeedbackLog, settings: Settings) -> None:
    with ThreadPoolExecutor(8) as pool:
        written = [pool.submit(log.add, word(f"{number:03}")) for number in range(60)]
        moved = [pool.submit(log.move) for _ in range(3)]
        for future in written:
            future.result()
    total = sum(future.result() for future in moved) + log.move()
    assert total == 60
    assert kept(settings) == [f"f-{number:03}" for number in range(60)]


def test_a_full_disk_refuses_the_feedback_and_harms_no_other(log: FeedbackLog, settings: Settings) -> None:
    log.add(word(1))
    with (
        _largest_file(2_000),
        pytest.raises(ServiceError, match=r"feedback cannot be written \(File too large\)"),
    ):
        log.add(word(2, "long " * 1_000))
    log.add(word(3))
    assert log.move() == 2
    assert kept(settings) == ["f-1", "f-3"]
    assert not (settings.service_dir / "feedback" / "unreadable.txt").exists()


def test_a_folder_that_cannot_be_written_is_named(log: FeedbackLog, settings: Settings) -> None:
    settings.service_dir.mkdir(parents=True)
    (settings.service_dir / "feedback").write_text("a file where the folder should be")
    with pytest.raises(ServiceError, match=r"was not kept: .*feedback cannot be written"):
        log.add(word(1))


@contextmanager
def _largest_file(size: int) -> Iterator[None]:
    """No file of this process may grow beyond `size` bytes, as on a disk that is full."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def _raise(*_: object, **__: object) -> None:
    raise OSError("gone")
