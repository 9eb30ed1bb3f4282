"""Trainings that are interrupted at a place of the test's choice, never by chance or by the clock.

Run as a program by `test_training_faults.py`: a whole training job that says when it is at that place, and waits
there to be killed.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

WAITING = "between two checkpoints"


def kill_worker(_: Path) -> None:
    """End the process as the kernel does when memory runs out."""
    os.kill(os.getpid(), signal.SIGKILL)


def say_and_wait(folder: Path) -> None:
    """Wake the reader of the pipe `said` and stay here for ever."""
    (folder / "said").write_text(f"{WAITING}\n")
    threading.Event().wait()


def interrupted_loop(
    folder: Path, after_round: int, interrupt: Callable[[Path], None]
) -> Callable[[Mapping[str, Any]], None]:
    """XGBoost's training loop, interrupted once, in the last worker, when this round is done and what was
    reported before it is kept. The file `rounds` gets every round that this worker trains."""

    def loop(config: Mapping[str, Any]) -> None:  # nested, so that it travels to the workers by value
        import ray.train

        from trending.training.xgboost import loop as xgboost_loop

        context = ray.train.get_context()
        last = context.get_world_rank() == context.get_world_size() - 1
        original = xgboost_loop._loss

        def loss(*given: Any) -> float:
            found = original(*given)
            rounds = given[0].num_boosted_rounds()
            if last:
                with (folder / "rounds").open("a") as file:
                    file.write(f"{rounds}\n")
                if rounds == after_round and not (folder / "interrupted").exists():
                    ray.train.get_all_reported_checkpoints()
                    (folder / "interrupted").touch()
                    interrupt(folder)
            return found

        xgboost_loop._loss = loss
        xgboost_loop.train_loop(config)

    return loop


def rounds_trained(folder: Path) -> list[int]:
    """By the last worker, all its lives together."""
    return [int(line) for line in (folder / "rounds").read_text().split()]


def main(home: Path, folder: Path, after_round: int) -> None:
    """`trending train xgboost`, up to a round."""
    from trending.settings import Settings
    from trending.training.train import train
    from trending.training.xgboost import fit

    os.mkfifo(folder / "said")
    threading.Thread(target=announce, args=(folder / "said",), daemon=True).start()
    fit.boost = partial(fit.boost, loop=interrupted_loop(folder, after_round, say_and_wait))
    train("xgboost", Settings(home=home))


def announce(pipe: Path) -> None:
    """Print what a worker says."""
    sys.stdout.write(pipe.read_text())
    sys.stdout.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
