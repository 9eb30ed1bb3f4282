"""One engine of the ingest benchmark, run in a process of its own: `ENGINE FOLDER OUT` -> one JSON line."""

from __future__ import annotations

import json
import shutil
import sys
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from benchmarks.memory import PeakMemory
from trending.catalog.cleaning import clean_titles
from trending.catalog.taxonomy import load_taxonomy
from trending.settings import Settings

SETTINGS = Settings()
FILES = 16
"""Parquet files of the input, and so the read tasks of Ray."""
SLICE_ROWS = SETTINGS.ingest.batch_rows
Timed = tuple[float, float]


def cleaner() -> Callable[[pa.Table], pa.Table]:
    """`clean_titles` on slices of the size that the product uses: rows of the whole table never all become
    Python objects at once, which would be unfair to the engines that hold the whole table."""
    taxonomy, today = load_taxonomy(), date.today()

    def clean(table: pa.Table) -> pa.Table:
        slices = range(0, table.num_rows, SLICE_ROWS)
        return pa.concat_tables(
            clean_titles(table.slice(start, SLICE_ROWS), settings=SETTINGS, taxonomy=taxonomy, today=today)
            for start in slices
        )

    return clean


def run_pandas(folder: Path, out: Path) -> Timed:
    """One pandas process: the whole frame in, the whole frame out."""
    import pandas as pd

    from trending.sources.base import RAW_TITLES

    began = time.perf_counter()
    frame = pd.read_parquet(folder)
    cleaned = cleaner()(pa.Table.from_pandas(frame, schema=RAW_TITLES, preserve_index=False)).to_pandas()
    cleaned.to_parquet(out / "cleaned.parquet")
    return 0.0, time.perf_counter() - began


def run_polars(folder: Path, out: Path) -> Timed:
    """Polars' lazy engine, streaming, with the cleaning as a Python function over its batches."""
    import polars as pl

    from trending.catalog.cleaning import CLEANED_TITLES
    from trending.sources.base import RAW_TITLES

    clean = cleaner()

    def clean_frame(frame: pl.DataFrame) -> pl.DataFrame:
        return pl.DataFrame(clean(frame.to_arrow().cast(RAW_TITLES)))

    began = time.perf_counter()
    schema = pl.DataFrame(CLEANED_TITLES.empty_table()).schema
    lazy = pl.scan_parquet(folder / "*.parquet").map_batches(clean_frame, schema=schema, streamable=True)
    lazy.sink_parquet(out / "cleaned.parquet")
    return 0.0, time.perf_counter() - began


def run_ray(folder: Path, out: Path) -> Timed:
    """The product's own way: Ray Data, streaming."""
    import ray

    from trending.catalog.cleaning import ray_clean_titles
    from trending.ray_session import ray_session

    began = time.perf_counter()
    with ray_session(SETTINGS):
        started = time.perf_counter()
        ray_clean_titles(
            ray.data.read_parquet(str(folder), override_num_blocks=FILES), SETTINGS
        ).write_parquet(str(out))
        ended = time.perf_counter()
    return started - began, ended - started


ENGINES: dict[str, Callable[[Path, Path], Timed]] = {
    "ray": run_ray,
    "pandas": run_pandas,
    "polars": run_polars,
}


def checksum(out: Path) -> int:
    """Sum of the row hashes' first 32 bits: independent of the order of the rows."""
    total = 0
    for file in sorted(out.glob("**/*.parquet")):
        for batch in pq.ParquetFile(file).iter_batches(columns=["row_hash"]):
            heads = pc.utf8_slice_codeunits(pc.drop_null(batch["row_hash"]), 0, 8)
            total += sum(int(head, 16) for head in heads.to_pylist())
    return total


def main() -> None:
    """Run the engine that the command line names."""
    engine, folder, out = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    with PeakMemory() as memory:
        startup_s, seconds = ENGINES[engine](folder, out)
    figures = {
        "startup_s": startup_s,
        "seconds": seconds,
        "peak_mb": memory.peak_mb,
        "checksum": checksum(out),
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
