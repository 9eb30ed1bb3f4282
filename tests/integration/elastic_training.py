"""An elastic fine-tuning on a cluster of its own, whose second node comes and goes at steps of the test's choice.

Run as a program: `python -m tests.integration.elastic_training ENCODER FOLDER`.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

from tests.integration.fine_tune_and_wait import prepared_titles
from tests.training.bert.tiny_encoder import tiny_settings
from trending.training.bert.trainer import train_network

GROWS_AT, SHRINKS_AT = 13, 27
"""Steps before which the node comes and goes: not steps after which a checkpoint is kept."""
WORKERS = (1, 4)


def waiting_loop(folder: Path, few: int) -> Callable[[Mapping[str, Any]], None]:
    """BERT's training loop. At the two steps its workers say so and wait for the other number of them: more than
    `few`, then `few` again. Rank 0 notes each step: number, workers, loss."""

    def loop(config: Mapping[str, Any]) -> None:  # nested, so that it travels to the workers by value
        import ray.train

        from trending.training.bert import loop as bert_loop
        from trending.training.bert.worker import Worker

        context = ray.train.get_context()
        rank, world = context.get_world_rank(), context.get_world_size()
        original = Worker.step

        def step(self: Worker, *given: Any, **named: Any) -> Any:
            number = self.progress.step + 1
            if (number == GROWS_AT and world == few) or (number == SHRINKS_AT and world > few):
                if rank == 0:
                    ray.train.get_all_reported_checkpoints()
                    (folder / f"at-{number}").touch()
                threading.Event().wait()
            found = original(self, *given, **named)
            if rank == 0:
                with (folder / "steps").open("a") as file:
                    file.write(json.dumps([number, world, found.loss]) + "\n")
            return found

        Worker.step = step
        bert_loop.train_loop(config)

    return loop


def wait_for(file: Path, training: Future[int]) -> None:
    """Until the file is there. Raises what the training raised if that ends first."""
    while not file.exists():
        if training.done():
            raise AssertionError(f"the training ended at step {training.result()}, before {file.name}")
        threading.Event().wait(0.2)


def main(encoder: Path, folder: Path) -> None:
    """Fine-tune while the cluster changes: a node of two CPUs comes when the workers wait for it, and goes when
    they wait for that."""
    import ray
    from ray.cluster_utils import Cluster

    from trending.ray_session import prepare_ray_data

    head = {"num_cpus": 2, "object_store_memory": 200 * 2**20}
    # The coordinator of resources still counts a node for a while that is gone already.
    os.environ["RAY_TRAIN_WORKER_GROUP_START_TIMEOUT_S"] = "10"
    cluster = Cluster(initialize_head=True, head_node_args=head)
    try:
        ray.init(address=cluster.address, log_to_driver=False)
        prepare_ray_data()
        settings = tiny_settings(encoder, num_workers=WORKERS, elastic_check_s=0.5)
        loop = waiting_loop(folder, head["num_cpus"])

        def fine_tune() -> int:
            return train_network(prepared_titles(settings), settings, folder / "run", loop=loop).progress.step

        # Nodes are started by the main thread, as their signals ask for it.
        with ThreadPoolExecutor(1) as pool:
            training = pool.submit(fine_tune)
            wait_for(folder / f"at-{GROWS_AT}", training)
            node = cluster.add_node(num_cpus=2)
            wait_for(folder / f"at-{SHRINKS_AT}", training)
            cluster.remove_node(node)
            (folder / "trained").write_text(json.dumps({"step": training.result()}))
    finally:
        ray.shutdown()
        cluster.shutdown()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
