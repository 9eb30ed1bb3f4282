"""The cleaning pass beside the same cleaning in one pandas process and in Polars.

    python -m benchmarks.ingest --data ../shared/data

Rows are those of the catalogues (or of the sample), repeated with changed titles up to each size. Every
engine runs the same `clean_titles` on the same Parquet files in a process of its own and writes Parquet; the
checksum of all row hashes must agree. Ray's start-up is measured apart; memory is the whole process tree's.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from rich.console import Console
from rich.table import Table

from benchmarks.ingest_engines import ENGINES, FILES


def main() -> None:
    """Run every engine on every size and print the table."""
    arguments = parse_arguments()
    results = []
    with tempfile.TemporaryDirectory(dir=arguments.scratch) as scratch:
        for rows in arguments.rows:
            folder = Path(scratch) / f"raw-{rows}"
            write_rows(raw_rows(arguments.data), rows, folder)
            for engine in arguments.engines:
                results.append(run_engine(engine, folder, rows, Path(scratch) / "out"))
                Console(stderr=True).print(results[-1])
            for file in folder.iterdir():
                file.unlink()
    check_agreement(results)
    print_table(results)
    if arguments.json:
        arguments.json.write_text(json.dumps(results, indent=1), encoding="utf-8")


def parse_arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.ingest", description=str(__doc__).partition("\n")[0]
    )
    parser.add_argument("--rows", type=int, nargs="+", default=[18_000, 180_000, 1_800_000])
    parser.add_argument("--engines", nargs="+", choices=list(ENGINES), default=list(ENGINES))
    parser.add_argument("--data", type=Path, help="folder of the real catalogues; default: the sample")
    parser.add_argument("--scratch", type=Path, help="where the temporary Parquet files go")
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    return parser.parse_args()


def raw_rows(folder: Path | None) -> pa.Table:
    """The rows to repeat, as one Arrow table of `RAW_TITLES`."""
    from trending.ray_session import ray_session
    from trending.settings import Settings
    from trending.sources.base import RAW_TITLES
    from trending.sources.registry import catalogues_in, parse_source

    with ray_session(Settings()):
        sources = catalogues_in(folder) if folder else [parse_source("sample")]
        datasets = [titles for source in sources if (titles := source.titles()) is not None]
        batches: list[Any] = [
            batch for one in datasets for batch in one.iter_batches(batch_format="pyarrow", batch_size=None)
        ]
        return pa.concat_tables([batch.select(RAW_TITLES.names).cast(RAW_TITLES) for batch in batches])


def write_rows(base: pa.Table, rows: int, folder: Path) -> None:
    """`rows` rows as Parquet files: `base` over and over, each time with other titles."""
    folder.mkdir(parents=True, exist_ok=True)
    title_column = base.schema.get_field_index("title")
    writers = [pq.ParquetWriter(folder / f"part-{n:02d}.parquet", base.schema) for n in range(FILES)]
    for turn, start in enumerate(range(0, rows, base.num_rows)):
        titles = pa.array([title and f"{title} {turn}" for title in base["title"].to_pylist()], pa.string())
        table = base.set_column(title_column, base.schema.field("title"), titles).slice(0, rows - start)
        share = -(-table.num_rows // FILES)
        for n, writer in enumerate(writers):
            if part := table.slice(n * share, share):
                writer.write_table(part)
    for writer in writers:
        writer.close()


def run_engine(engine: str, folder: Path, rows: int, out: Path) -> dict[str, object]:
    """One engine in a process of its own; its figures."""
    command = [sys.executable, "-m", "benchmarks.ingest_engines", engine, str(folder), str(out)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        return {"engine": engine, "rows": rows, "failed": done.stderr.strip().splitlines()[-1:]}
    return {"engine": engine, "rows": rows, **json.loads(done.stdout.strip().splitlines()[-1])}


def check_agreement(results: list[dict[str, object]]) -> None:
    """All engines gave the same rows, or the comparison means nothing."""
    for rows in {r["rows"] for r in results}:
        sums = {r["checksum"] for r in results if r["rows"] == rows and "failed" not in r}
        if len(sums) > 1:
            raise SystemExit(f"The engines disagree on {rows} rows.")


def print_table(results: list[dict[str, object]]) -> None:
    """Rows a second and peak memory, engine beside engine."""
    table = Table(box=None, header_style="bold")
    for column in ("rows", "engine", "seconds", "start-up s", "rows/s", "vs pandas", "peak MiB"):
        table.add_column(column, justify="left" if column == "engine" else "right")
    pandas = {r["rows"]: r["seconds"] for r in results if r["engine"] == "pandas" and "failed" not in r}
    for r in results:
        if "failed" in r:
            table.add_row(f"{r['rows']:,}", str(r["engine"]), f"failed: {r['failed']}")
            continue
        seconds = float(str(r["seconds"]))
        beside = f"{float(str(pandas[r['rows']])) / seconds:.2f}" if r["rows"] in pandas else ""
        table.add_row(
            f"{r['rows']:,}",
            str(r["engine"]),
            f"{seconds:.1f}",
            f"{r['startup_s']:.1f}",
            f"{float(str(r['rows'])) / seconds:,.0f}",
            beside,
            f"{r['peak_mb']:,.0f}",
        )
    Console(width=100).print(table)


if __name__ == "__main__":
    main()
