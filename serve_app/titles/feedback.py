"""Feedback: on disk before it is acknowledged, in `catalog.feedback` soon after, once each.

A journal is a file of JSON lines under `service/feedback`. Its writer holds a lock on it, so a journal without
a lock belongs to a process that is gone, and whoever comes next moves it. Moving is: append what the table does
not hold, then delete the file. A crash before the append leaves the file, a crash after it leaves lines that the
table is found to hold.
"""

from __future__ import annotations

import fcntl
import json
import logging
import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from threading import Lock
from typing import IO, Any
from uuid import uuid4

import pyarrow as pa

from serve_app.contracts import Feedback
from trending.catalog.tables import Tables
from trending.errors import ServiceError
from trending.settings import Settings

TABLE = "catalog.feedback"
FEEDBACK = pa.schema(
    [
        pa.field("feedback_id", pa.string(), nullable=False),
        pa.field("title_id", pa.string()),
        pa.field("title", pa.string(), nullable=False),
        pa.field("plot", pa.string(), nullable=False),
        pa.field("wrong", pa.list_(pa.string())),
        pa.field("right", pa.list_(pa.string())),
        pa.field("comment", pa.string(), nullable=False),
        pa.field("model_version", pa.string(), nullable=False),
        pa.field("key_name", pa.string(), nullable=False),
        pa.field("at", pa.string(), nullable=False),
    ]
)
"""`catalog.feedback`: the fields of `Feedback`. `at`: ISO 8601, UTC. `title_id`: null for a title of no table."""

_JOURNAL = ".jsonl"
_UNREADABLE = "unreadable.txt"
_log = logging.getLogger(__name__)


class FeedbackLog:
    """Takes feedback from any thread, and moves it into its table."""

    def __init__(self, settings: Settings) -> None:
        self._tables = Tables(settings)
        self._folder = settings.service_dir / "feedback"
        self._lock, self._moving = Lock(), Lock()
        self._journal: IO[bytes] | None = None

    def add(self, feedback: Feedback) -> None:
        """Keep it; on disk when this returns. Raises `ServiceError` where it cannot be written."""
        line = json.dumps(asdict(feedback)).encode() + b"\n"
        with self._lock:
            try:
                self._journal = self._journal or self._open()
                _append(self._journal, line)
            except OSError as error:
                self._close()  # the next line begins a journal of its own, whatever this one ends with
                raise ServiceError(
                    f"The feedback was not kept: {self._folder} cannot be written ({error.strerror or error}). "
                    f"Make room there, or mend its permissions, and send it again."
                ) from error

    def move(self) -> int:
        """Move all feedback whose writer is gone or is this one into the table. Returns the number of new rows.

        Raises what the table raises; then the files stay, and the next move takes them.
        """
        with self._moving:
            with self._lock:
                self._close()
            files = sorted(self._folder.glob(f"*{_JOURNAL}")) if self._folder.is_dir() else []
            return sum(self._move_file(file) for file in files)

    def close(self) -> None:
        """Close the journal. What is in it is safe, and is moved by whoever comes next."""
        with self._lock:
            self._close()

    def _open(self) -> IO[bytes]:
        self._folder.mkdir(parents=True, exist_ok=True)
        while True:
            # Unbuffered: what could not be written is not written later, when it was refused.
            journal = (self._folder / f"{uuid4().hex}{_JOURNAL}").open("xb", buffering=0)
            fcntl.flock(journal, fcntl.LOCK_EX)
            if _still_there(journal):
                _sync_folder(self._folder)
                return journal
            journal.close()  # another process moved it before it was locked

    def _close(self) -> None:
        if self._journal is not None:
            self._journal.close()
            self._journal = None

    def _move_file(self, file: Path) -> int:
        with suppress(FileNotFoundError), file.open("rb") as journal:
            try:
                fcntl.flock(journal, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return 0  # another process writes to it
            if not _still_there(journal):
                return 0  # another process has just moved it
            rows = self._readable(file.name, journal.read())
            new = self._append_new(rows)
            file.unlink(missing_ok=True)
            return new
        return 0

    def _append_new(self, rows: Sequence[dict[str, Any]]) -> int:
        from pyiceberg.expressions import In

        if not rows:
            return 0
        self._tables.ensure(TABLE, FEEDBACK)
        table = self._tables.table(TABLE)
        by_id = {row["feedback_id"]: row for row in rows}
        condition = In("feedback_id", list(by_id))  # pyright: ignore[reportCallIssue]
        held = table.scan(row_filter=condition, selected_fields=("feedback_id",)).to_arrow()
        for feedback_id in held["feedback_id"].to_pylist():
            by_id.pop(feedback_id, None)
        if by_id:
            table.append(pa.Table.from_pylist(list(by_id.values()), schema=FEEDBACK))
        return len(by_id)

    def _readable(self, name: str, content: bytes) -> list[dict[str, Any]]:
        """The rows of a journal. A line that is none was never acknowledged: it is set aside, not lost."""
        rows = []
        for line in content.splitlines():
            try:
                rows.append(asdict(Feedback(**json.loads(line))))
            except (ValueError, TypeError) as error:
                _log.warning("%s: a line that is no feedback went to %s: %s", name, _UNREADABLE, error)
                with (self._folder / _UNREADABLE).open("ab") as aside:
                    aside.write(line + b"\n")
        return rows


def _append(journal: IO[bytes], line: bytes) -> None:
    """Write the line and see it on disk, or leave the file as it was."""
    end = os.fstat(journal.fileno()).st_size
    try:
        written = 0
        while written < len(line):
            written += journal.write(line[written:])
        os.fsync(journal.fileno())
    except OSError:
        with suppress(OSError):
            journal.truncate(end)
            journal.seek(end)
        raise


def _still_there(file: IO[bytes]) -> bool:
    return os.fstat(file.fileno()).st_nlink > 0


def _sync_folder(folder: Path) -> None:
    """See the names of the folder's files on disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
