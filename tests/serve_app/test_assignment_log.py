"""The log of who answered: a file a day, and the newest at hand, also for the next writer."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from serve_app.assignment_log import AssignmentLog, answers_of, record_of
from serve_app.splitting import Assigned, hashed

RECORD = record_of(Assigned("champion", "bert", "3"), "10.0.0.1", "r-1", titles=2, seconds=0.0123)


def test_a_record_says_who_answered_and_hides_the_key() -> None:
    assert (RECORD.kind, RECORD.version, RECORD.titles, RECORD.milliseconds) == ("bert", "3", 2, 12.3)
    assert RECORD.key_hash == hashed("10.0.0.1")
    assert RECORD.at.endswith("+00:00")


def test_each_day_has_a_file(tmp_path: Path) -> None:
    log = AssignmentLog(tmp_path)
    days = ("2026-01-01T23:59:59+00:00", "2026-01-02T00:00:00+00:00", "2026-01-02T00:00:01+00:00")
    log.append([replace(RECORD, at=at, request_id=at) for at in days])
    log.append([replace(RECORD, at=days[-1], request_id="last")])
    lines = {file.name: file.read_text(encoding="utf-8").splitlines() for file in tmp_path.iterdir()}
    assert {name: len(found) for name, found in lines.items()} == {
        "assignments-2026-01-01.jsonl": 1,
        "assignments-2026-01-02.jsonl": 3,
    }
    assert json.loads(lines["assignments-2026-01-02.jsonl"][-1])["request_id"] == "last"
    assert [one.request_id for one in log.newest(2)] == ["last", days[-1]]


def test_another_writer_goes_on_and_skips_a_line_that_was_cut_short(tmp_path: Path) -> None:
    AssignmentLog(tmp_path).append([RECORD])
    file = next(tmp_path.iterdir())
    file.write_text(file.read_text(encoding="utf-8") + '{"request_id": "half', encoding="utf-8")
    log = AssignmentLog(tmp_path)
    assert log.newest(10) == [RECORD]
    log.append([replace(RECORD, request_id="r-2")])
    assert [one.request_id for one in AssignmentLog(tmp_path).newest(10)] == ["r-2", "r-1"]


def test_what_a_version_answered_is_counted_over_all_days(tmp_path: Path) -> None:
    days = ("2026-01-01T23:59:59+00:00", "2026-01-02T00:00:00+00:00", "2026-01-02T00:00:01+00:00")
    AssignmentLog(tmp_path).append([replace(RECORD, at=at) for at in days])
    AssignmentLog(tmp_path).append([replace(RECORD, version="33")])
    with (tmp_path / "assignments-2026-01-02.jsonl").open("a", encoding="utf-8") as file:
        file.write('{"version": "3", "ti')
    assert answers_of(tmp_path, "3") == {"requests": 3, "titles": 6, "first": days[0], "last": days[2]}
    assert answers_of(tmp_path / "none", "3") == {"requests": 0, "titles": 0, "first": None, "last": None}
