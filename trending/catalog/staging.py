"""Cleaned rows on disk, between the cleaning pass and the commit.

The cleaning pass writes every row to Parquet and hands the driver light columns only. What is decided there
comes back as staged ids, and the rows are read again by Ray Data: no process ever holds all the plots.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from shutil import rmtree
from typing import TYPE_CHECKING, cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from trending.catalog.identity import digest
from trending.progress import Report
from trending.settings import Settings
from trending.sources.faults import source_faults

if TYPE_CHECKING:
    from ray.data import Dataset

STAGED_ROWS_PER_FILE = 4096
WRITE_CPUS = 0.5
"""Other than what cleaning asks for, so that Ray gathers rows into files instead of writing each block."""

Ids = npt.NDArray[np.int64]

_TALLIES = pa.schema(
    [(name, pa.int32()) for name in ("labels", "named", "right", "named_masked", "right_masked")]
)
_LIGHT_TITLES = (
    *("source", "row_ref", "fault", "title_id", "platform", "title", "content_hash", "minhash", "row_hash"),
    *("leaked", "unmapped", "not_genres", "warnings"),
)
_LIGHT_REVIEWS = ("source", "row_ref", "fault", "review_id", "title_id", "row_hash", "warnings")
_MARKS = (("staged_id", pa.int64()), ("content", pa.string()), ("file", pa.string()))


@dataclass(frozen=True)
class Staged:
    """One kind of rows in staging. `light`: their light columns, in the order of `staged_id`."""

    table: str
    light: pa.Table

    def rows(self, ids: Ids, columns: Sequence[str] | None = None) -> Dataset:
        """The staged rows with these ids, in no particular order, streamed by Ray Data."""
        import ray

        wanted = np.sort(ids)
        here = pc.is_in(self.light["staged_id"], value_set=pa.array(wanted))
        files = sorted(set(self.light["file"].filter(here).to_pylist()))
        paths = ray.data.from_arrow([pa.table({"file": [file]}) for file in files])
        names = [*columns, "staged_id"] if columns is not None else None
        return paths.map_batches(
            partial(read_rows, wanted=wanted, columns=names), batch_format="pyarrow", batch_size=None
        )


@contextmanager
def staging_folder(settings: Settings) -> Iterator[Path]:
    """A folder for this run, gone at the end also after an error; what a killed run left goes first."""
    rmtree(settings.staging_dir, ignore_errors=True)
    folder = settings.staging_dir / uuid.uuid4().hex
    folder.mkdir(parents=True)
    try:
        yield folder
    finally:
        rmtree(settings.staging_dir, ignore_errors=True)


def stage_titles(cleaned: Dataset | None, folder: Path, *, report: Report, expected: int) -> Staged:
    """Run the cleaning of titles (`CLEANED_TITLES`) and stage every row."""
    return _stage("titles", cleaned, folder, report=report, expected=expected)


def stage_reviews(cleaned: Dataset | None, folder: Path, *, report: Report, expected: int) -> Staged:
    """Run the cleaning of reviews (`CLEANED_REVIEWS`) and stage every row."""
    return _stage("reviews", cleaned, folder, report=report, expected=expected)


def union(datasets: Iterable[Dataset | None]) -> Dataset | None:
    """All rows of those that there are, or None where there is none."""
    found = [dataset for dataset in datasets if dataset is not None]
    if len(found) > 1:
        return found[0].union(*found[1:])
    return found[0] if found else None


def row_id(table: str, source: str, row_ref: str) -> int:
    """Number of a row that came in: the same whenever the same place is read again."""
    name = "\x1f".join((table, source, row_ref)).encode("utf-8", "surrogatepass")
    return int.from_bytes(hashlib.blake2b(name, digest_size=8).digest(), "big", signed=True)


def _stage(table: str, cleaned: Dataset | None, folder: Path, *, report: Report, expected: int) -> Staged:
    parts = [_light_schema(table).empty_table()]
    if cleaned is not None:
        write: Callable[[pa.Table], pa.Table] = partial(stage_batch, table=table, folder=folder)
        staged = cleaned.map_batches(
            write, batch_format="pyarrow", batch_size=STAGED_ROWS_PER_FILE, num_cpus=WRITE_CPUS
        )
        with source_faults():
            batches = staged.iter_batches(batch_format="pyarrow", batch_size=None, prefetch_batches=0)
            for batch in cast("Iterable[pa.Table]", batches):
                parts.append(batch)
                done = sum(part.num_rows for part in parts)
                report(f"Cleaning {table}", done=min(done, expected), total=expected)
    return Staged(table, pa.concat_tables(parts).sort_by("staged_id").combine_chunks())


def _light_schema(table: str) -> pa.Schema:
    from trending.catalog.cleaning import CLEANED_REVIEWS, CLEANED_TITLES

    if table == "titles":
        return pa.schema([*(CLEANED_TITLES.field(name) for name in _LIGHT_TITLES), *_TALLIES, *_MARKS])
    return pa.schema([*(CLEANED_REVIEWS.field(name) for name in _LIGHT_REVIEWS), *_MARKS])


def stage_batch(batch: pa.Table, *, table: str, folder: Path) -> pa.Table:
    """Write cleaned rows to a file of their own in `folder`, and return their light columns.

    A task that Ray repeats leaves a file that nobody names.
    """
    import pyarrow.parquet as pq

    refs = zip(batch["source"].to_pylist(), batch["row_ref"].to_pylist(), strict=True)
    ids = [row_id(table, source, row_ref) for source, row_ref in refs]
    batch = batch.append_column("staged_id", pa.array(ids, pa.int64()))
    file = folder / f"{table}-{uuid.uuid4().hex}.parquet"
    pq.write_table(batch, file)
    found = zip(batch["row_hash"].to_pylist(), batch["raw"].to_pylist(), strict=True)
    light = batch.append_column(
        "content", pa.array([h or digest(raw or "") for h, raw in found], pa.string())
    )
    light = light.append_column("file", pa.array([str(file)] * batch.num_rows, pa.string()))
    if table == "titles":
        for name, values in _tallies(batch).items():
            light = light.append_column(name, pa.array(values, pa.int32()))
    schema = _light_schema(table)
    return light.select(schema.names).cast(schema)


def _tallies(batch: pa.Table) -> dict[str, list[int]]:
    """What the micro-F1 of a bare keyword match is made of, a row: before and after masking."""
    genres, before, after = (
        [set(values or ()) for values in batch[name].to_pylist()]
        for name in ("genres", "keyword_before", "keyword_after")
    )
    return {
        "labels": [len(truth) for truth in genres],
        "named": [len(guess) for guess in before],
        "right": [len(guess & truth) for guess, truth in zip(before, genres, strict=True)],
        "named_masked": [len(guess) for guess in after],
        "right_masked": [len(guess & truth) for guess, truth in zip(after, genres, strict=True)],
    }


def read_rows(paths: pa.Table, *, wanted: Ids, columns: list[str] | None) -> Iterator[pa.Table]:
    """The rows with the ids `wanted` from the files that `paths` names in its column `file`."""
    import pyarrow.parquet as pq

    for path in paths["file"].to_pylist():
        rows = pq.read_table(path, columns=columns)
        yield rows.filter(pa.array(np.isin(rows["staged_id"].to_numpy(), wanted)))
