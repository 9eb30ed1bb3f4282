"""Training, side by side with what people would use instead, and where the time goes.

    python -m benchmarks.training --data ../shared/data
    python -m benchmarks.training --only bert --titles 320        # minutes, on the sample

`bert`: titles a second of one epoch, beside the Hugging Face `Trainer`. `xgboost`: seconds and quality, beside plain
`xgboost.train`. `job`: where the time of a small `trending train bert` goes.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

from trending.ray_session import ray_session
from trending.settings import Settings

if TYPE_CHECKING:
    from benchmarks.training_bert import Speed
    from benchmarks.training_xgboost import Boosted
    from trending.features.documents import DocumentSet

PARTS = ("bert", "xgboost", "job")


def main() -> None:
    """Run the parts and print their tables."""
    arguments = parse_arguments()
    figures: dict[str, Any] = {}
    with tempfile.TemporaryDirectory(dir=arguments.scratch) as home:
        settings = Settings(home=Path(home))
        with ray_session(settings):
            if "bert" in arguments.only:
                found = measure_bert(settings, arguments.data, arguments.titles)
                figures["bert"] = [asdict(one) for one in found]
                print_bert(found)
            if "xgboost" in arguments.only:
                boosted = measure_xgboost(arguments.rows, arguments.rounds)
                figures["xgboost"] = [asdict(one) for one in boosted]
                print_xgboost(boosted)
        if "job" in arguments.only:
            figures["job"] = measure_job(Path(home) / "job")
            print_job(figures["job"])
    if arguments.json:
        arguments.json.write_text(json.dumps(figures, indent=1), encoding="utf-8")


def parse_arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.training", description=str(__doc__).partition("\n")[0]
    )
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--titles", type=int, default=1600, help="of an epoch of fine-tuning")
    parser.add_argument("--rows", type=int, default=500_000, help="to boost on")
    parser.add_argument("--rounds", type=int, default=120, help="of boosting")
    parser.add_argument("--data", type=Path, help="folder of the real catalogues; default: the sample")
    parser.add_argument("--scratch", type=Path, help="where the temporary state goes")
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    return parser.parse_args()


def measure_bert(settings: Settings, folder: Path | None, titles: int) -> list[Speed]:
    """On the first titles of the training split."""
    from benchmarks.training_bert import speeds

    return speeds(first_titles(settings, folder, titles), settings.train)


def first_titles(settings: Settings, folder: Path | None, titles: int) -> DocumentSet:
    """So many training titles of the catalogues, or of the sample over and over; few of validation."""
    import numpy as np

    from trending.catalog.ingest import ingest
    from trending.catalog.snapshots import resolve_snapshot
    from trending.features.documents import load_documents
    from trending.sources.registry import catalogues_in, parse_source

    ingest(catalogues_in(folder) if folder else [parse_source("sample")], settings)
    documents = load_documents(settings, resolve_snapshot(settings, "latest"))
    train = np.resize(np.flatnonzero(documents.splits == "train"), titles)
    return documents.take(np.concatenate([train, np.flatnonzero(documents.splits == "validation")[:64]]))


def measure_xgboost(rows: int, rounds: int) -> list[Boosted]:
    """On rows made up for it."""
    from benchmarks.training_xgboost import boosted

    return boosted(rows, rounds)


@dataclass
class Clock:
    """A `Report` that notes how long each step took."""

    steps: dict[str, float] = field(default_factory=dict)
    _current: str = ""
    _began: float = 0.0

    def __call__(self, message: str, /, done: int | None = None, total: int | None = None) -> None:
        """A step begins, or goes on."""
        if message != self._current:
            self.close()
            self._current, self._began = message, time.perf_counter()

    def close(self) -> None:
        """The last step is over."""
        if self._current:
            self.steps[self._current] = time.perf_counter() - self._began
        self._current = ""


def measure_job(home: Path) -> dict[str, float]:
    """Seconds of each step of a training of bert on the sample, from no Ray to a registered version."""
    from trending.catalog.ingest import ingest
    from trending.models.registry import open_client
    from trending.settings import load_settings
    from trending.sources.registry import parse_source
    from trending.training.train import train

    settings = load_settings(Path("small"), home=home)
    ingest([parse_source("sample")], settings)
    clock = Clock()
    clock("Starting Ray")
    with ray_session(settings):
        result = train("bert", settings, report=clock)
        clock("Stopping Ray")
    clock.close()
    return split_up(clock.steps, open_client(settings).get_run(result.run_id).data.metrics)


def split_up(steps: dict[str, float], metrics: dict[str, float]) -> dict[str, float]:
    """The steps, with the fine-tuning taken apart by what its first worker noted."""
    found: dict[str, float] = {}
    for name, seconds in steps.items():
        if not name.startswith("Fine-tuning"):
            found[name] = seconds
            continue
        parts = {key.removeprefix("seconds/"): metrics[key] for key in metrics if key.startswith("seconds/")}
        found["Fine-tuning: starting controller and workers"] = seconds - sum(parts.values())
        found |= {f"Fine-tuning: {part}": spent for part, spent in parts.items()}
    return found


def print_bert(found: list[Speed]) -> None:
    """Titles a second, and against the `Trainer`."""
    table = make_table("training", "titles/s", "against Trainer", "padding", "loss")
    for one in found:
        ratio = one.titles_per_second / found[0].titles_per_second
        padding = "" if one.padding is None else f"{one.padding:.0%}"
        table.add_row(one.name, f"{one.titles_per_second:.1f}", f"{ratio:.2f}", padding, f"{one.loss:.3f}")
    Console(width=110).print(table)


def print_xgboost(found: list[Boosted]) -> None:
    """Seconds, and speed against `xgboost.train`."""
    table = make_table("boosting", "seconds", "speed", "rounds alone", "speed", "log loss")
    for one in found:
        table.add_row(
            one.name,
            f"{one.seconds:.1f}",
            f"{found[0].seconds / one.seconds:.2f}",
            f"{one.boosting:.1f}",
            f"{found[0].boosting / one.boosting:.2f}",
            f"{one.loss:.5f}",
        )
    Console(width=110).print(table)


def print_job(found: dict[str, float]) -> None:
    """Seconds and shares."""
    table = make_table("step of a small job", "seconds", "share")
    whole = sum(found.values())
    for name, seconds in found.items():
        table.add_row(name, f"{seconds:.1f}", f"{seconds / whole:.0%}")
    table.add_row("all", f"{whole:.1f}", "")
    Console(width=110).print(table)


def make_table(first: str, *others: str) -> Table:
    """Names on the left, figures on the right."""
    table = Table(box=None, header_style="bold", pad_edge=False)
    table.add_column(first)
    for name in others:
        table.add_column(name, justify="right")
    return table


if __name__ == "__main__":
    main()
