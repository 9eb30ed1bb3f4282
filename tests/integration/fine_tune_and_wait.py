"""Fine-tunings that are interrupted at a step of the test's choice. Run as a program: a whole job, to be killed."""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tests.integration.train_and_wait import announce, say_and_wait
from tests.training.bert.tiny_encoder import tiny_settings, tiny_titles
from trending.settings import TrainSettings
from trending.training.bert.trainer import Prepared, prepare, train_network

TITLES = (160, 40)
"""Training and validation titles: 20 steps an epoch, a checkpoint every 10."""


def prepared_titles(settings: TrainSettings) -> Prepared:
    return prepare(tiny_titles(*TITLES), settings)


def interrupted_fine_tuning(
    folder: Path, before_step: int, interrupt: Callable[[Path], None]
) -> Callable[[Mapping[str, Any]], None]:
    """BERT's training loop, interrupted once, in the last worker, before this step. The file `steps` gets every
    step and loss of this worker."""

    def loop(config: Mapping[str, Any]) -> None:  # nested, so that it travels to the workers by value
        import ray.train

        from trending.training.bert import loop as bert_loop
        from trending.training.bert.worker import Worker

        context = ray.train.get_context()
        last = context.get_world_rank() == context.get_world_size() - 1
        original = Worker.step

        def step(self: Worker, *given: Any, **named: Any) -> Any:
            number = self.progress.step + 1
            if last and number == before_step and not (folder / "interrupted").exists():
                ray.train.get_all_reported_checkpoints()
                (folder / "interrupted").touch()
                interrupt(folder)
            found = original(self, *given, **named)
            if last:
                with (folder / "steps").open("a") as file:
                    file.write(json.dumps([number, found.loss]) + "\n")
            return found

        Worker.step = step
        bert_loop.train_loop(config)

    return loop


def steps_taken(folder: Path) -> list[tuple[int, float]]:
    """Step and loss of the last worker, all its lives together."""
    return [tuple(json.loads(line)) for line in (folder / "steps").read_text().splitlines()]


def main(encoder: Path, folder: Path, before_step: int, tracking_uri: str, run_id: str) -> None:
    """Fine-tune up to a step."""
    from trending.ray_session import ray_session
    from trending.settings import Settings

    os.mkfifo(folder / "said")
    threading.Thread(target=announce, args=(folder / "said",), daemon=True).start()
    settings = tiny_settings(encoder)
    with ray_session(Settings()):
        train_network(
            prepared_titles(settings),
            settings,
            folder / "run",
            mlflow_run=(tracking_uri, run_id),
            loop=interrupted_fine_tuning(folder, before_step, say_and_wait),
        )


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), sys.argv[4], sys.argv[5])
