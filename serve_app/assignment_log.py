"""The assignment log: which model answered which request. One file of JSON lines a day (UTC)."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from serve_app.contracts import AssignmentRecord
from serve_app.splitting import Assigned, hashed

REMEMBERED = 1000
"""Newest records that are kept in memory as well."""


class AssignmentLog:
    """Appends to `assignments-2026-01-31.jsonl` in a folder. One writer only."""

    def __init__(self, folder: Path) -> None:
        """Goes on where the last writer stopped."""
        self._folder = folder
        self._whole: set[Path] = set()
        self._newest: deque[AssignmentRecord] = deque(self._read_newest(), maxlen=REMEMBERED)

    def append(self, records: Iterable[AssignmentRecord]) -> None:
        """Write records, each into the file of its day."""
        by_day: dict[str, list[str]] = {}
        for record in records:
            by_day.setdefault(record.at[:10], []).append(json.dumps(asdict(record), ensure_ascii=False))
            self._newest.append(record)
        self._folder.mkdir(parents=True, exist_ok=True)
        for day, lines in by_day.items():
            file = self._file(day)
            whole = file in self._whole or _ends_whole(file)
            with file.open("a", encoding="utf-8") as writer:
                writer.write(("" if whole else "\n") + "\n".join(lines) + "\n")
            self._whole.add(file)

    def newest(self, limit: int) -> list[AssignmentRecord]:
        """The last `limit` records, newest first; there are at most `REMEMBERED`."""
        return list(self._newest)[::-1][:limit]

    def _file(self, day: str) -> Path:
        return self._folder / f"assignments-{day}.jsonl"

    def _read_newest(self) -> Sequence[AssignmentRecord]:
        files = sorted(self._folder.glob("assignments-*.jsonl")) if self._folder.is_dir() else []
        if not files:
            return []
        with files[-1].open(encoding="utf-8") as file:
            last = deque(file, maxlen=REMEMBERED)
        return [AssignmentRecord(**json.loads(line)) for line in last if line.endswith("}\n")]


def answers_of(folder: Path, version: str) -> dict[str, Any]:
    """What a version has answered, by all of the log: `requests`, `titles`, and the times of the `first` and `last`."""
    requests, titles = 0, 0
    times: list[str] = []
    for file in sorted(folder.glob("assignments-*.jsonl")):
        with file.open(encoding="utf-8") as lines:
            for line in lines:
                record = json.loads(line) if line.endswith("}\n") else {}
                if record.get("version") == version:
                    requests, titles = requests + 1, titles + record["titles"]
                    times.append(record["at"])
    return {
        "requests": requests,
        "titles": titles,
        "first": min(times, default=None),
        "last": max(times, default=None),
    }


def _ends_whole(file: Path) -> bool:
    """False where the last line was cut short: the machine stopped in the middle of a write."""
    if not file.is_file() or not file.stat().st_size:
        return True
    with file.open("rb") as reader:
        reader.seek(-1, 2)
        return reader.read(1) == b"\n"


def record_of(rung: Assigned, key: str, request_id: str, *, titles: int, seconds: float) -> AssignmentRecord:
    """Who answered this request, now."""
    return AssignmentRecord(
        request_id=request_id,
        key_hash=hashed(key),
        arm=rung.arm,
        version=rung.version,
        kind=rung.kind,
        titles=titles,
        milliseconds=round(1000 * seconds, 2),
        at=datetime.now(UTC).isoformat(timespec="milliseconds"),
    )
