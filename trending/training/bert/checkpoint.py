"""Checkpoints that any number of workers can go on from.

Every parameter is gathered whole, with its optimiser moments, and written by one of the workers: they share the
writing, and the files say nothing of how the training was sharded. So a training may go on with more workers, with
fewer, in another ZeRO stage or in plain PyTorch. All of it is safetensors and JSON.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from trending.training.bert.engine import MOMENTS, WEIGHT
from trending.training.bert.progress import Progress

if TYPE_CHECKING:
    from trending.training.bert.engine import Engine

PROGRESS = "progress.json"
BEST = "best"
SHARDS = "*-of-*.safetensors"

Weights = dict[str, torch.Tensor]


def gather(engine: Engine, names: list[str], *, rank: int, world: int) -> dict[str, Weights]:
    """State of every parameter that this worker writes: each `world`-th. All workers must call it together."""
    mine = {}
    for n, name in enumerate(names):
        whole = engine.full(name)
        if n % world == rank:
            mine[name] = whole
    return mine


def report_checkpoint(
    progress: Progress,
    metrics: Mapping[str, Any],
    state: Mapping[str, Weights],
    best: Weights,
    *,
    rank: int,
    world: int,
) -> None:
    """Write this worker's share and hand it to Ray Train, which joins the shares to one checkpoint."""
    import ray.train
    from safetensors.torch import save_file

    tensors = {f"{kind}/{name}": tensor for name, kinds in state.items() for kind, tensor in kinds.items()}
    kept = {f"{BEST}/{name}": tensor for name, tensor in best.items()}
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        save_file(tensors, folder / f"shard-{rank:05d}-of-{world:05d}.safetensors")
        # In a file of their own: after the best epoch they are the same tensors.
        save_file(kept, folder / f"{BEST}-{rank:05d}-of-{world:05d}.safetensors")
        if rank == 0:
            (folder / PROGRESS).write_text(json.dumps(progress.as_json()), encoding="utf-8")
        ray.train.report(dict(metrics), checkpoint=ray.train.Checkpoint.from_directory(scratch))


def read_progress(folder: Path) -> Progress:
    """Where the training stood."""
    return Progress(**json.loads((folder / PROGRESS).read_text(encoding="utf-8")))


def read_weights(folder: Path, kind: str = WEIGHT) -> Weights:
    """All tensors of one kind (`weight`, `best`, `exp_avg`, ...) by parameter, from the shares of all workers."""
    from safetensors import safe_open

    found: Weights = {}
    for shard in sorted(folder.glob(SHARDS)):
        with safe_open(shard, framework="pt") as file:
            for key in file.keys():  # noqa: SIM118 (this is no dictionary)
                group, _, name = key.partition("/")
                if group == kind:
                    found[name] = file.get_tensor(key)
    return found


def read_moments(folder: Path) -> dict[str, Weights]:
    """The optimiser's moments by parameter."""
    kinds = {kind: read_weights(folder, kind) for kind in MOMENTS}
    return {name: {kind: kinds[kind][name] for kind in MOMENTS} for name in kinds[MOMENTS[0]]}
