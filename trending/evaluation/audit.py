"""The audit log: who moved which model where, in a chain of records in which each holds the digest of the last.

One JSON object a line. `digest` is the SHA-256 of the rest of the record, in which `previous` is the digest of the
record before. `head.json` beside the log holds the newest digest, so that a tail that was cut off is missed.

What no chain can show: that somebody who may write to the folder wrote a record that is not true, or wrote the whole
log and its head anew. For that, a digest must be kept where they cannot write: promotions put it into the registry and
print it, and `verify(expected=...)` looks for it.
"""

from __future__ import annotations

import getpass
import hashlib
import json
import os
import socket
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from trending.errors import AuditError

LOG, HEAD, LOCK, TORN = "audit.jsonl", "head.json", "audit.lock", "torn.txt"
GENESIS = "0" * 64
"""`previous` of the first record."""


@dataclass(frozen=True)
class AuditRecord:
    """One thing that was done."""

    sequence: int
    """1, 2, 3, ..."""
    at: str
    """ISO 8601, UTC."""
    action: str
    who: str
    facts: Mapping[str, Any]
    previous: str
    digest: str

    def line(self) -> str:
        """As it stands in the file."""
        return json.dumps(asdict(self), ensure_ascii=False, sort_keys=True)


@dataclass(frozen=True)
class AuditFault:
    """Where the log is not as it was written."""

    line: int
    """Of the file, from 1 on."""
    what: str


@dataclass(frozen=True)
class AuditCheck:
    """What `verify` found."""

    records: int
    head: str
    """Digest of the last record that can be read."""
    faults: tuple[AuditFault, ...]

    @property
    def sound(self) -> bool:
        """No record was changed, dropped, reordered or cut off."""
        return not self.faults


class AuditLog:
    """The log in a folder. Any number of processes may append."""

    def __init__(self, folder: Path) -> None:
        """Nothing is made before the first record."""
        self._folder = folder

    def append(self, action: str, facts: Mapping[str, Any], *, who: str | None = None) -> AuditRecord:
        """Write a record and its digest down to the disk; returns it.

        Raises `AuditError` where the log does not end as it was left: nothing is added to a broken log.
        """
        with self._locked():
            last = self._last()
            record = _sealed(
                sequence=last.sequence + 1 if last else 1,
                at=datetime.now(UTC).isoformat(timespec="milliseconds"),
                action=action,
                who=who or whoever(),
                facts=json.loads(json.dumps(facts, default=str)),
                previous=last.digest if last else GENESIS,
            )
            _append(self._folder / LOG, (record.line() + "\n").encode())
            _replace(self._folder / HEAD, {"sequence": record.sequence, "digest": record.digest})
            return record

    def records(self) -> list[AuditRecord]:
        """All records, oldest first. Raises `AuditError` for a line that is none."""
        return [_read(line, number) for number, line in enumerate(self._lines(), start=1)]

    def verify(self, *, expected: str | None = None) -> AuditCheck:
        """Go through the chain. `expected`: a digest that was kept elsewhere and must be in it.

        Every record must be unchanged, follow the one before, and the last must be that of the head.
        """
        lines = self._lines()
        faults, records = [], []
        for number, line in enumerate(lines, start=1):
            try:
                records.append((number, _read(line, number)))
            except AuditError as error:
                faults.append(AuditFault(number, str(error)))
        there = {record.sequence for _, record in records}
        before: AuditRecord | None = None
        for number, record in records:
            faults += [*_changed(number, record), *_misplaced(number, record, before, there)]
            before = record
        faults += self._tail_faults(len(lines), before)
        if expected and expected not in {record.digest for _, record in records}:
            faults.append(AuditFault(len(lines), f"no record has the digest {expected}: the log is another"))
        head = before.digest if before else GENESIS
        return AuditCheck(len(lines), head, tuple(sorted(faults, key=lambda fault: fault.line)))

    def _tail_faults(self, lines: int, last: AuditRecord | None) -> list[AuditFault]:
        head = self._head()
        sequence, digest = (last.sequence, last.digest) if last else (0, GENESIS)
        if head == (sequence, digest):
            return []
        if last and head == (sequence - 1, last.previous):
            return []  # stopped between the record and its head; the next append mends it
        if head[0] > sequence:
            return [AuditFault(lines, f"the last {head[0] - sequence} record(s) were cut off")]
        return [AuditFault(lines, f"the head names record {head[0]}, {head[1][:12]}, which is not the last")]

    def _last(self) -> AuditRecord | None:
        self._put_torn_line_aside()
        lines = self._lines()
        last = _read(lines[-1], len(lines)) if lines else None
        faults = [*(_changed(len(lines), last) if last else ()), *self._tail_faults(len(lines), last)]
        if faults:
            raise AuditError(
                f"{self._folder / LOG}:{faults[0].line}: {faults[0].what}. `trending audit verify` says what is wrong. "
                "Move the folder aside as evidence; a new log then begins."
            )
        return last

    def _put_torn_line_aside(self) -> None:
        """A record that was cut short as it was written was never acknowledged: it is no part of the log."""
        path = self._folder / LOG
        data = path.read_bytes() if path.is_file() else b""
        whole = data.rfind(b"\n") + 1
        if whole < len(data):
            _append(self._folder / TORN, data[whole:] + b"\n")
            with path.open("r+b") as file:
                file.truncate(whole)

    def _lines(self) -> list[str]:
        path = self._folder / LOG
        data = path.read_bytes() if path.is_file() else b""
        return data[: data.rfind(b"\n") + 1].decode("utf-8", "replace").split("\n")[:-1]

    def _head(self) -> tuple[int, str]:
        path = self._folder / HEAD
        if not path.is_file():
            return 0, GENESIS
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
            return int(found["sequence"]), str(found["digest"])
        except (ValueError, KeyError, TypeError):
            return -1, "unreadable"

    @contextmanager
    def _locked(self) -> Iterator[None]:
        from filelock import FileLock

        self._folder.mkdir(parents=True, exist_ok=True)
        with FileLock(self._folder / LOCK):
            yield


def whoever() -> str:
    """The person and the machine, `ada@laptop`: what the system says, not proven."""
    try:
        name = getpass.getuser()
    except (KeyError, OSError):  # a container may run as a number that has no name
        name = str(os.getuid())
    return f"{name}@{socket.gethostname()}"


def _sealed(**fields: Any) -> AuditRecord:
    return AuditRecord(**fields, digest=_digest(fields))


def _digest(fields: Mapping[str, Any]) -> str:
    text = json.dumps(fields, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _read(line: str, number: int) -> AuditRecord:
    try:
        found = json.loads(line)
        return AuditRecord(**{**found, "sequence": int(found["sequence"])})
    except (ValueError, TypeError, KeyError) as error:
        raise AuditError(f"line {number} is not a record: {error}") from error


def _changed(number: int, record: AuditRecord) -> Iterator[AuditFault]:
    fields = {name: value for name, value in asdict(record).items() if name != "digest"}
    if _digest(fields) != record.digest:
        yield AuditFault(number, f"record {record.sequence} was changed: its digest does not fit")


def _misplaced(
    number: int, record: AuditRecord, before: AuditRecord | None, there: Collection[int]
) -> Iterator[AuditFault]:
    """What is wrong with a record where it stands; `there` are the sequence numbers of all that can be read."""
    place, digest = (before.sequence, before.digest) if before else (0, GENESIS)
    gone = [one for one in range(place + 1, record.sequence) if one not in there]
    if gone:
        yield AuditFault(number, f"record(s) {', '.join(map(str, gone))} before this one are gone")
    elif record.sequence <= place:
        yield AuditFault(number, f"record {record.sequence} stands after record {place}: out of order")
    elif record.sequence == place + 1 and record.previous != digest:
        yield AuditFault(
            number, f"record {record.sequence} does not follow record {place} as it is: one was changed"
        )


def _append(path: Path, data: bytes) -> None:
    with path.open("ab") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _replace(path: Path, value: Mapping[str, Any]) -> None:
    """Whole or not at all."""
    fresh = path.with_suffix(".new")
    with fresh.open("w", encoding="utf-8") as file:
        json.dump(value, file)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
