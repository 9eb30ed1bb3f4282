"""Files as a streaming Ray Dataset: one reading task a file, batches as they come. Imports Ray."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import pyarrow as pa
import ray.data
from ray.data import Dataset, Datasource
from ray.data.block import BlockMetadata
from ray.data.context import DataContext
from ray.data.datasource import ReadTask

from trending.sources.files import SourceFile

BLOCK_BYTES = 512 * 1024
"""Small blocks: cleaning starts on the first while the file is still being read, and memory stays flat."""

READ_CPUS = 0.5
"""Other than what maps ask for, so that Ray does not fuse the reading with the map that follows it, which
would clean a file in the one task that reads it."""

Read = Callable[[SourceFile], Iterator[pa.Table]]


def dataset(files: Sequence[SourceFile], read: Read, schema: pa.Schema) -> Dataset:
    """A lazy dataset of the batches that `read` yields for each file."""
    datasource = _FilesDatasource(files, read, schema)
    rows = ray.data.read_datasource(datasource, num_cpus=READ_CPUS, override_num_blocks=len(files))
    rows.context.target_max_block_size = BLOCK_BYTES
    return rows


class _FilesDatasource(Datasource):
    def __init__(self, files: Sequence[SourceFile], read: Read, schema: pa.Schema) -> None:
        self._files = files
        self._read = read
        self._schema = schema

    def get_name(self) -> str:
        return "Source"

    def estimate_inmemory_data_size(self) -> int | None:
        return None

    def get_read_tasks(
        self,
        parallelism: int,  # noqa: ARG002 (one task a file: a record may span lines, so files are not cut)
        per_task_row_limit: int | None = None,
        data_context: DataContext | None = None,  # noqa: ARG002 (the signature is Ray's)
    ) -> list[ReadTask]:
        return [self._task(file, per_task_row_limit) for file in self._files]

    def _task(self, file: SourceFile, row_limit: int | None) -> ReadTask:
        read = self._read
        metadata = BlockMetadata(num_rows=None, size_bytes=None, exec_stats=None, input_files=(file.path,))
        return ReadTask(lambda: read(file), metadata, schema=self._schema, per_task_row_limit=row_limit)
