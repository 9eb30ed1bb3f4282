"""Run as a program by `test_killed_write.py`: an ingest that stops at a place, says so, and waits to be killed."""

from __future__ import annotations

import sys
import threading
from pathlib import Path

CLEANING = "cleaning: titles are staged, reviews are not"
FIRST_COMMIT = "writing: the data files of the first commit are there, the commit is not made"
LAST_COMMIT = "writing: only the last commit is not made, that of the titles"


def main(file: Path, home: Path, place: str) -> None:
    """Ingest the catalogue `file` into `home` up to `place`."""
    from ray.data._internal.datasource.iceberg_datasink import IcebergDatasink
    from ray.data.datasource.datasink import WriteResult

    from tests.catalog.catalogues import described
    from trending.catalog.ingest import ingest
    from trending.settings import Settings

    def report(message: str, /, done: int | None = None, total: int | None = None) -> None:
        if place == CLEANING and message == "Cleaning titles" and done:
            wait_to_be_killed(place)

    make_commit = IcebergDatasink.on_write_complete

    def on_write_complete(self: IcebergDatasink, write_result: WriteResult) -> None:
        if place == FIRST_COMMIT or (place == LAST_COMMIT and self.table_identifier == "catalog.titles"):
            assert any(result.data_files for result in write_result.write_returns)
            wait_to_be_killed(place)
        make_commit(self, write_result)

    IcebergDatasink.on_write_complete = on_write_complete
    ingest([described(file)], Settings(home=home), report=report)


def wait_to_be_killed(place: str) -> None:
    sys.stdout.write(f"\n{place}\n")
    sys.stdout.flush()
    threading.Event().wait()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])
