"""The index of the newest snapshot: a new one is built beside the old one, and readers never wait."""

from __future__ import annotations

import fcntl
import logging
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Lock
from typing import IO

from serve_app.titles.build import Versions, build_index, current_versions
from serve_app.titles.index import TitleIndex
from trending.catalog.tables import Tables
from trending.errors import ServiceError
from trending.settings import Settings

_FOLDER = "trending-titles-"
_LOCK = "lock"
_log = logging.getLogger(__name__)


class FreshIndex:
    """Holds the current index. `refresh` is called by one thread, `reading` by any."""

    def __init__(self, settings: Settings) -> None:
        _remove_abandoned()
        self._tables = Tables(settings)
        self._folder, self._held = _own_folder()
        self._lock = Lock()
        self._current: TitleIndex | None = None
        self._versions: Versions | None = None
        self._readers: dict[TitleIndex, int] = {}
        self._built = 0

    def refresh(self) -> bool:
        """Look whether there is a new snapshot, and if so build its index and swap. True: there is a new index.

        Whatever fails is logged, and leaves the index that there is.
        """
        try:
            versions = current_versions(self._tables)
            if versions == self._versions:
                return False
            file = self._folder / f"{self._built}.db"
            self._built += 1
            try:
                build_index(self._tables, versions, file)
                index = TitleIndex(file, versions.snapshot_id)
            except BaseException:
                file.unlink(missing_ok=True)
                raise
        except Exception:  # noqa: BLE001 (whatever is wrong with the new snapshot, the old one still answers)
            _log.exception("The titles could not be read anew; the index stays as it was.")
            return False
        self._swap(index)
        self._versions = versions
        return True

    @contextmanager
    def reading(self) -> Iterator[TitleIndex]:
        """The current index, kept open while it is read.

        Raises `ServiceError` where there never was one.
        """
        with self._lock:
            index = self._current
            if index is None:
                raise ServiceError("The titles could not be read from their tables yet. The log says why.")
            self._readers[index] = self._readers.get(index, 0) + 1
        try:
            yield index
        finally:
            self._leave(index)

    def close(self) -> None:
        """Drop the index and its files. Those who read may end."""
        self._swap(None)
        self._held.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _swap(self, index: TitleIndex | None) -> None:
        with self._lock:
            old, self._current = self._current, index
            if old is not None and not self._readers.get(old):
                old.close()

    def _leave(self, index: TitleIndex) -> None:
        with self._lock:
            self._readers[index] -= 1
            if not self._readers[index]:
                del self._readers[index]
                if index is not self._current:
                    index.close()


def _own_folder() -> tuple[Path, IO[str]]:
    """A temporary folder, and the open lock that says that this process still uses it."""
    while True:
        folder = Path(tempfile.mkdtemp(prefix=_FOLDER))
        held = (folder / _LOCK).open("w")
        fcntl.flock(held, fcntl.LOCK_EX)
        if folder.is_dir():
            return folder, held
        held.close()  # taken for abandoned before it was locked


def _remove_abandoned() -> None:
    """Delete the folders of processes that were killed: those whose lock nobody holds."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_FOLDER}*"):
        with suppress(OSError), (folder / _LOCK).open("r+") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder, ignore_errors=True)
