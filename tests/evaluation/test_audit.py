from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from trending.errors import AuditError
from trending.evaluation.audit import GENESIS, HEAD, LOG, AuditLog

Lines = list[str]


@pytest.fixture
def log(tmp_path: Path) -> AuditLog:
    """Five records, one of them with a line separator that is no line's end."""
    found = AuditLog(tmp_path / "audit")
    for number in range(1, 6):
        found.append("promote", {"version": str(number), "why": "better\u2028by far"}, who="ada@laptop")
    return found


def rewrite(tmp_path: Path, change: Callable[[Lines], Lines]) -> None:
    path = tmp_path / "audit" / LOG
    lines = path.read_text(encoding="utf-8").split("\n")[:-1]
    path.write_text("".join(f"{line}\n" for line in change(lines)), encoding="utf-8")


def edited(line: str, **values: object) -> str:
    return json.dumps(json.loads(line) | values, sort_keys=True, ensure_ascii=False)


def resealed(line: str, **values: object) -> str:
    """Changed by somebody who knows how the digest is made."""
    from trending.evaluation import audit

    fields = json.loads(line) | values
    del fields["digest"]
    return audit._sealed(**fields).line()


def test_an_empty_log_is_sound(tmp_path: Path) -> None:
    check = AuditLog(tmp_path / "audit").verify()
    assert check.sound
    assert (check.records, check.head) == (0, GENESIS)
    assert not (tmp_path / "audit").exists()


def test_each_record_holds_the_digest_of_the_one_before(log: AuditLog) -> None:
    records = log.records()
    assert [one.sequence for one in records] == [1, 2, 3, 4, 5]
    assert [one.previous for one in records] == [GENESIS, *(one.digest for one in records[:-1])]
    assert (records[0].action, records[0].who, records[0].facts["version"]) == ("promote", "ada@laptop", "1")
    assert log.verify().sound
    assert log.verify().head == records[-1].digest


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (lambda lines: [lines[0], edited(lines[1], who="eve"), *lines[2:]], "record 2 was changed"),
        (lambda lines: [*lines[:4], edited(lines[4], who="eve")], "record 5 was changed"),
        (lambda lines: [lines[0], resealed(lines[1], who="eve"), *lines[2:]], "does not follow record 2"),
        (lambda lines: [*lines[:4], resealed(lines[4], who="eve")], "which is not the last"),
        (lambda lines: [*lines[:1], *lines[2:]], r"record\(s\) 2 before this one are gone"),
        (lambda lines: lines[1:], r"record\(s\) 1 before this one are gone"),
        (lambda lines: [lines[0], lines[2], lines[1], *lines[3:]], "record 2 stands after record 3: out of order"),
        (lambda lines: [*lines[:2], lines[1], *lines[2:]], "record 2 stands after record 2: out of order"),
        (lambda lines: lines[:3], r"the last 2 record\(s\) were cut off"),
        (lambda lines: lines[:0], r"the last 5 record\(s\) were cut off"),
        (lambda lines: [*lines[:2], "{}", *lines[2:]], "line 3 is not a record"),
    ],
    ids=["changed", "last changed", "resealed", "last resealed", "dropped", "first dropped", "reordered", "doubled",
         "truncated", "emptied", "foreign line"],
)  # fmt: skip
def test_what_was_done_to_a_record_is_found_and_named(
    log: AuditLog, tmp_path: Path, change: Callable[[Lines], Lines], what: str
) -> None:
    rewrite(tmp_path, change)
    check = log.verify()
    assert not check.sound
    with pytest.raises(AssertionError, match=what):
        raise AssertionError("; ".join(fault.what for fault in check.faults))


def test_a_log_that_was_written_anew_with_its_head_is_told_by_a_digest_kept_elsewhere(
    log: AuditLog, tmp_path: Path
) -> None:
    kept = log.records()[-1].digest
    for file in (LOG, HEAD):
        (tmp_path / "audit" / file).unlink()
    log.append("promote", {"version": "9"})
    assert log.verify().sound
    assert not log.verify(expected=kept).sound


def test_an_old_digest_stays_in_a_log_that_goes_on(log: AuditLog) -> None:
    kept = log.records()[-1].digest
    log.append("rollback", {"version": "1"})
    assert log.verify(expected=kept).sound


def test_nothing_is_added_to_a_broken_log(log: AuditLog, tmp_path: Path) -> None:
    rewrite(tmp_path, lambda lines: lines[:3])
    before = (tmp_path / "audit" / LOG).read_bytes()
    with pytest.raises(AuditError, match="cut off"):
        log.append("promote", {"version": "6"})
    assert (tmp_path / "audit" / LOG).read_bytes() == before


def test_a_record_cut_short_by_a_crash_is_put_aside(log: AuditLog, tmp_path: Path) -> None:
    with (tmp_path / "audit" / LOG).open("a", encoding="utf-8") as file:
        file.write('{"action": "prom')
    assert log.verify().sound
    log.append("promote", {"version": "6"})
    assert [one.sequence for one in log.records()] == [1, 2, 3, 4, 5, 6]
    assert log.verify().sound
    assert '{"action": "prom' in (tmp_path / "audit" / "torn.txt").read_text(encoding="utf-8")


def test_a_crash_between_a_record_and_its_head_is_no_fault(log: AuditLog, tmp_path: Path) -> None:
    head = (tmp_path / "audit" / HEAD).read_bytes()
    log.append("promote", {"version": "6"})
    (tmp_path / "audit" / HEAD).write_bytes(head)
    assert log.verify().sound
    log.append("promote", {"version": "7"})
    assert log.verify().sound


def test_many_writers_make_one_chain(tmp_path: Path) -> None:
    def write(number: int) -> None:
        AuditLog(tmp_path / "audit").append("promote", {"version": str(number)})

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(40)))
    log = AuditLog(tmp_path / "audit")
    assert {one.facts["version"] for one in log.records()} == {str(number) for number in range(40)}
    assert log.verify().sound
