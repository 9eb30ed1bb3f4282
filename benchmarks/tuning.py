"""HyperBand with TPE beside random search without stopping, on the same budget of boosting rounds.

    python -m benchmarks.tuning --data ../shared/data --titles 3000 --rounds 90
    python -m benchmarks.tuning --seeds 1 --trials 3 --rounds 45        # minutes, on the sample

For each seed, random search trains `--trials` settings to their end; the rounds that this takes are the budget of
the other. Both begin with the default settings and read the same rows. How long each took to a score as good as
random search's best is counted in seconds and in rounds; the start of the workers is in the seconds. A whole turn of
HyperBand's brackets takes the rounds of eight trainings: with fewer trials it is cut off before it has chosen.
"""

from __future__ import annotations

import argparse
import json
import signal
import tempfile
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import mean

import numpy as np
from rich.console import Console
from rich.table import Table

from trending.features.documents import load_documents
from trending.progress import silent
from trending.ray_session import ray_session
from trending.settings import Settings
from tune.search import begin, search_target
from tune.trials import STOPPED, Trial
from tune.xgboost_target import SharedRows, XGBoostTarget

RANDOM, HYPERBAND = "random, to the end", "HyperBand + TPE"


@dataclass
class Progress:
    """What one search had come to, whenever a trial reported. Stops it when its budget of rounds is spent."""

    budget: float = float("inf")
    began: float = field(default_factory=time.perf_counter)
    trials: dict[int, Trial] = field(default_factory=dict)
    points: list[tuple[float, int, float]] = field(default_factory=list)
    """Seconds, rounds, and the best log loss by then."""

    def __call__(self, trial: Trial) -> None:
        """A trial has changed."""
        before = self.rounds
        self.trials[trial.number] = trial
        if trial.value is None:
            return
        best = min(trial.value, self.points[-1][2] if self.points else trial.value)
        self.points.append((time.perf_counter() - self.began, self.rounds, best))
        if before < self.budget <= self.rounds:
            signal.raise_signal(signal.SIGINT)

    @property
    def rounds(self) -> int:
        """Boosted, over all trials."""
        return sum(trial.step for trial in self.trials.values())

    @property
    def best(self) -> float:
        """Log loss on validation."""
        return self.points[-1][2]

    def reached(self, loss: float) -> tuple[float, int] | None:
        """Seconds and rounds to this loss, if it came to it."""
        return next((point[:2] for point in self.points if point[2] <= loss), None)


@dataclass
class Outcome:
    """One search of one seed."""

    seed: int
    method: str
    trials: int
    stopped_early: float
    """Share of the trials that were done."""
    rounds: int
    seconds: float
    best_loss: float
    seconds_to_target: float | None
    """To the best loss of the random search of this seed; None: never."""
    rounds_to_target: int | None


def main() -> None:
    """Run both searches for each seed and print the table."""
    arguments = parse_arguments()
    outcomes = read_outcomes(arguments.json)
    seeds = [seed for seed in range(arguments.seeds) if seed not in {one.seed for one in outcomes}]
    with tempfile.TemporaryDirectory(dir=arguments.scratch) as home:
        settings = make_settings(Path(home), arguments)
        with ray_session(settings):
            shared = ingest_and_prepare(settings, arguments.data, arguments.titles) if seeds else None
            for seed in seeds:
                outcomes += both_searches(settings, shared, arguments.trials, seed)
                Console(stderr=True).print(outcomes[-2:])
                write_outcomes(outcomes, arguments.json)
    print_table(outcomes)


def both_searches(settings: Settings, shared: SharedRows | None, trials: int, seed: int) -> list[Outcome]:
    """One seed: random search, then the other on the rounds that it took."""
    random = run(settings, shared, trials, seed, "none", "random")
    other = run(settings, shared, 9 * trials, seed, "hyperband", "tpe", random.rounds)
    return [outcome(seed, RANDOM, random, random.best), outcome(seed, HYPERBAND, other, random.best)]


def parse_arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.tuning", description=str(__doc__).partition("\n")[0]
    )
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--trials", type=int, default=8, help="of the random search")
    parser.add_argument("--rounds", type=int, default=270, help="of a full training")
    parser.add_argument("--workers", type=int, default=1, help="of each trial")
    parser.add_argument("--data", type=Path, help="folder of the real catalogues; default: the sample")
    parser.add_argument("--titles", type=int, help="so many of its titles, at random; default: all")
    parser.add_argument("--scratch", type=Path, help="where the temporary state goes")
    parser.add_argument(
        "--json", type=Path, help="also write the figures here; seeds it holds are not run again"
    )
    return parser.parse_args()


def make_settings(home: Path, arguments: argparse.Namespace) -> Settings:
    """Everything under a temporary home; boosting of so many rounds."""
    settings = Settings(home=home)
    boosting = settings.train.xgboost.model_copy(
        update={"rounds": arguments.rounds, "num_workers": arguments.workers}
    )
    return settings.model_copy(update={"train": settings.train.model_copy(update={"xgboost": boosting})})


def read_outcomes(file: Path | None) -> list[Outcome]:
    """What an earlier run has measured: its seeds are not run again."""
    if file is None or not file.is_file():
        return []
    return [Outcome(**one) for one in json.loads(file.read_text(encoding="utf-8"))]


def write_outcomes(outcomes: list[Outcome], file: Path | None) -> None:
    """After each seed, so that a run that is ended keeps what it has."""
    if file is not None:
        file.write_text(json.dumps([asdict(one) for one in outcomes], indent=1), encoding="utf-8")


def ingest_and_prepare(settings: Settings, folder: Path | None, titles: int | None = None) -> SharedRows:
    """The rows that every trial of every search reads."""
    from trending.catalog.ingest import ingest
    from trending.catalog.snapshots import resolve_snapshot
    from trending.sources.registry import catalogues_in, parse_source

    ingest(catalogues_in(folder) if folder else [parse_source("sample")], settings)
    documents = load_documents(settings, resolve_snapshot(settings, "latest"))
    if titles is not None:
        chosen = np.random.default_rng(settings.train.seed).permutation(len(documents.documents))[:titles]
        documents = documents.take(np.sort(chosen))
    return XGBoostTarget().prepare(documents, settings, settings.root / "rows", report=silent)


def run(
    settings: Settings,
    shared: SharedRows | None,
    trials: int,
    seed: int,
    scheduler: str,
    search: str,
    budget: float = float("inf"),
) -> Progress:
    """One search, until its trials or its rounds are used up."""
    study = begin("xgboost", settings, trials=trials, scheduler=scheduler, search=search, seed=seed)
    progress = Progress(budget)
    try:
        search_target(study, XGBoostTarget(), settings, prepare=lambda: shared, watch=progress)
    except KeyboardInterrupt:
        if progress.rounds < budget:
            raise
    return progress


def outcome(seed: int, method: str, found: Progress, target: float) -> Outcome:
    """The figures of one search."""
    done = [trial for trial in found.trials.values() if trial.done]
    seconds, rounds = found.reached(target) or (None, None)
    return Outcome(
        seed=seed,
        method=method,
        trials=len(found.trials),
        stopped_early=sum(trial.state == STOPPED for trial in done) / max(1, len(done)),
        rounds=found.rounds,
        seconds=round(found.points[-1][0], 1),
        best_loss=found.best,
        seconds_to_target=seconds and round(seconds, 1),
        rounds_to_target=rounds,
    )


def print_table(outcomes: list[Outcome]) -> None:
    """Means over the seeds, method beside method."""
    table = Table(box=None, header_style="bold")
    for column in (
        "method", "trials", "stopped", "rounds", "seconds", "best loss", "reached", "s to it", "rounds to it"
    ):  # fmt: skip
        table.add_column(column, justify="left" if column == "method" else "right")
    for method in (RANDOM, HYPERBAND):
        found = [one for one in outcomes if one.method == method]
        seconds = [one.seconds_to_target for one in found if one.seconds_to_target is not None]
        rounds = [one.rounds_to_target for one in found if one.rounds_to_target is not None]
        table.add_row(
            method,
            f"{mean(one.trials for one in found):.1f}",
            f"{mean(one.stopped_early for one in found):.0%}",
            f"{mean(one.rounds for one in found):,.0f}",
            f"{mean(one.seconds for one in found):.0f}",
            f"{mean(one.best_loss for one in found):.5f}",
            f"{len(seconds)} of {len(found)}",
            f"{mean(seconds):.0f}" if seconds else "",
            f"{mean(rounds):,.0f}" if rounds else "",
        )
    Console(width=110).print(table)


if __name__ == "__main__":
    main()
