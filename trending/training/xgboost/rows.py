"""The rows that trees are boosted on: in memory, or in files that each worker reads for itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from trending.errors import TrainingError
from trending.models.base import Labels

if TYPE_CHECKING:
    from pyarrow.dataset import Dataset
    from pyarrow.fs import FileSystem

FEATURES, LABELS, WEIGHT = COLUMNS = ("features", "labels", "weight")
FORMATS = {".parquet": "parquet", ".arrow": "ipc"}
BATCH_ROWS = 16_384
"""Rows that a worker has in memory as they are; the rest is in files or binned."""


@dataclass(frozen=True)
class Rows:
    """Features `[n, width]`, labels `[n, genres]` and weights `[n]` of some titles."""

    features: npt.NDArray[np.float32]
    labels: Labels
    weights: npt.NDArray[np.float32]


@dataclass(frozen=True)
class RowFiles:
    """Rows in Parquet or Arrow files that every worker can reach.

    Columns: `features` and `labels`, lists of one length each, and `weight`.
    """

    paths: tuple[str, ...]

    @classmethod
    def in_folder(cls, folder: Path | str) -> RowFiles:
        """The files of a folder (a path, or the address of one in an object store), in order of their names.

        Raises `TrainingError` where there are none, or the columns are not those of rows.
        """
        from pyarrow import fs

        system, root = _system(folder)
        found = system.get_file_info(fs.FileSelector(root, allow_not_found=True))
        names = sorted(info.base_name for info in found if _suffix(info.base_name) in FORMATS)
        if not names:
            raise TrainingError(f"{folder}: no .parquet or .arrow file with rows here.")
        files = cls(tuple(f"{str(folder).rstrip('/')}/{name}" for name in names))
        missing = set(COLUMNS) - set(_open(files.paths[0]).schema.names)
        if missing:
            raise TrainingError(
                f"{files.paths[0]}: no column {', '.join(sorted(missing))}. Rows have {', '.join(COLUMNS)}."
            )
        return files

    def part(self, rank: int, workers: int) -> RowFiles:
        """What one of the workers reads: the files are dealt out in turn, so that nothing is read twice."""
        return RowFiles(self.paths[rank::workers])

    def batches(self) -> Iterator[Rows]:
        """All rows, in the order of the files, few at a time."""
        for path in self.paths:
            for batch in _open(path).to_batches(columns=list(COLUMNS), batch_size=BATCH_ROWS):
                if batch.num_rows:
                    yield Rows(
                        _matrix(batch[FEATURES]).astype(np.float32, copy=False),
                        _matrix(batch[LABELS]),
                        batch[WEIGHT].to_numpy().astype(np.float32, copy=False),
                    )


def stage(rows: Rows, folder: Path, parts: int) -> RowFiles:
    """Write rows into so many files of one folder, dealt out in turn: the same rows give the same files."""
    if len(rows.features) < parts:
        raise TrainingError(f"{len(rows.features)} row(s) cannot be shared by {parts} workers. Use fewer.")
    folder.mkdir(parents=True, exist_ok=True)
    for part in range(parts):
        chosen = slice(part, None, parts)
        table = pa.table(
            {
                FEATURES: _vectors(rows.features[chosen], np.float32),
                LABELS: _vectors(rows.labels[chosen], np.uint8),
                WEIGHT: pa.array(rows.weights[chosen], pa.float32()),
            }
        )
        with (
            pa.OSFile(str(folder / f"{part:05}.arrow"), "wb") as file,
            pa.ipc.new_file(file, table.schema) as writer,
        ):
            writer.write_table(table, max_chunksize=BATCH_ROWS)
    return RowFiles.in_folder(folder)


def _open(path: str) -> Dataset:
    from pyarrow import dataset

    system, name = _system(path)
    return dataset.dataset(name, format=FORMATS[_suffix(path)], filesystem=system)


def _system(path: Path | str) -> tuple[FileSystem, str]:
    from pyarrow import fs

    if "://" in str(path):
        return fs.FileSystem.from_uri(str(path))
    return fs.LocalFileSystem(use_mmap=True), str(Path(path).absolute())


def _suffix(name: str) -> str:
    return Path(name).suffix


def _matrix(column: pa.Array) -> npt.NDArray:
    """`[n, width]` of a column of lists, without a copy where Arrow allows it."""
    lists = column.storage if isinstance(column, pa.ExtensionArray) else column
    return lists.flatten().to_numpy(zero_copy_only=False).reshape(len(column), -1)


def _vectors(matrix: npt.NDArray, kind: type) -> pa.FixedSizeListArray:
    flat = pa.array(np.ascontiguousarray(matrix, kind).reshape(-1))
    return pa.FixedSizeListArray.from_arrays(flat, matrix.shape[1])
