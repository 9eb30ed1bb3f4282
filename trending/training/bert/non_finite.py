"""A loss that is no number: what it came from is kept, so that a person can look at it again."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from trending.errors import TrainingError
from trending.models.bert_network import GenreNetwork
from trending.training.bert.batches import Batch
from trending.training.bert.checkpoint import gather, read_weights
from trending.training.bert.engine import WEIGHT
from trending.training.bert.loss import title_losses

if TYPE_CHECKING:
    from trending.training.bert.worker import StepResult, Worker

FOLDER = "non-finite"
BATCH, ABOUT = "batch-{rank:05d}.safetensors", "about.json"


@dataclass(frozen=True)
class Replayed:
    """What the kept batch does in the kept network."""

    step: int
    losses: dict[int, float]
    """By title's row in the training split."""
    first_module: str | None
    """The first module of the network whose output is not finite."""


def keep_for_replay(worker: Worker, result: StepResult) -> None:
    """Write the batches and the weights of the step into the run's folder. All workers must call it together."""
    from safetensors.torch import save_file

    folder = worker.job.folder / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {
        f"{n}/{name}": tensor.cpu().contiguous()
        for n, part in enumerate(result.parts)
        for name, tensor in vars(part).items()
    }
    save_file(tensors, folder / BATCH.format(rank=worker.rank))
    state = gather(worker.engine, worker.names, rank=worker.rank, world=worker.world)
    weights = {f"{WEIGHT}/{name}": kinds[WEIGHT] for name, kinds in state.items()}
    save_file(weights, folder / f"shard-{worker.rank:05d}-of-{worker.world:05d}.safetensors")
    if worker.rank == 0:
        about = {
            "step": worker.progress.step,
            "epoch": worker.progress.epoch,
            "positive_weights": worker.job.positive_weights.tolist(),
        }
        (folder / ABOUT).write_text(json.dumps(about), encoding="utf-8")


def replay(folder: Path, network: GenreNetwork) -> Replayed:
    """Run the batch of a stopped training again. `network` is a new one of the same settings.

    Raises `TrainingError` where `folder` holds no such batch.
    """
    folder, about = _about(folder)
    network.load_state_dict(read_weights(folder), strict=False)
    network.eval()
    culprits: list[str] = []
    for name, module in network.named_modules():
        module.register_forward_hook(_watcher(name, culprits))
    losses: dict[int, float] = {}
    weights = torch.tensor(about["positive_weights"])
    with torch.inference_mode():
        for batch in _kept_batches(folder):
            found = (
                title_losses(network(batch.input_ids, batch.attention_mask), batch.labels, weights)
                * batch.weights
            )
            losses |= dict(zip(batch.rows.tolist(), found.tolist(), strict=True))
    return Replayed(about["step"], losses, culprits[0] if culprits else None)


def genres_of(folder: Path) -> int:
    """How many genres the network of a kept batch knows."""
    return len(_about(folder)[1]["positive_weights"])


def _about(folder: Path) -> tuple[Path, dict[str, Any]]:
    """The folder itself, or the one in the run's folder, and what it says."""
    folder = folder if (folder / ABOUT).is_file() else folder / FOLDER
    if not (folder / ABOUT).is_file():
        raise TrainingError(
            f"{folder}: no batch is kept here. A run that stopped at a loss that is no number has one."
        )
    return folder, json.loads((folder / ABOUT).read_text(encoding="utf-8"))


def _kept_batches(folder: Path) -> list[Batch]:
    from safetensors.torch import load_file

    found = []
    for path in sorted(folder.glob("batch-*.safetensors")):
        tensors = load_file(path)
        for n in range(len({key.partition("/")[0] for key in tensors})):
            names = ("input_ids", "attention_mask", "labels", "weights", "rows")
            found.append(Batch(**{name: tensors[f"{n}/{name}"] for name in names}))
    return found


def _watcher(name: str, culprits: list[str]) -> Any:
    def watch(_module: Any, _inputs: Any, output: Any) -> None:
        if isinstance(output, torch.Tensor) and not bool(torch.isfinite(output).all()):
            culprits.append(name)

    return watch
