"""What takes the steps: DeepSpeed with ZeRO, or plain PyTorch. Both hide behind one small protocol."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

import torch

if TYPE_CHECKING:
    from trending.models.bert_network import GenreNetwork
    from trending.settings import BertSettings

WEIGHT, MOMENTS = "weight", ("exp_avg", "exp_avg_sq")


class Engine(Protocol):
    """A network in training on this worker, one of `world` that walk together."""

    gradient_norm: float
    """Of the last step, over all workers, before clipping."""

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        """Logits `[n, genres]`."""
        ...

    def accumulate(self, loss: torch.Tensor) -> None:
        """Add the gradient of one part of a step; with the last part, take the step."""
        ...

    def set_rates(self, factor: float) -> None:
        """Multiply the peak learning rates by `factor`."""
        ...

    def train(self, mode: bool) -> None:
        """Dropout on or off."""
        ...

    def full(self, name: str) -> dict[str, torch.Tensor]:
        """`weight`, and once a step was taken `exp_avg` and `exp_avg_sq`, of one trainable parameter, on the CPU.

        All workers must ask for the same name at the same time: parts are gathered.
        """
        ...

    def restore(self, moments: dict[str, dict[str, torch.Tensor]], steps: int) -> None:
        """Set the optimiser's moments by parameter, as after `steps` steps. Weights are loaded before."""
        ...


def trainable(network: torch.nn.Module) -> dict[str, torch.nn.Parameter]:
    """The parameters that learn, by name, in the network's order."""
    return {name: weights for name, weights in network.named_parameters() if weights.requires_grad}


def make_engine(
    network: GenreNetwork, settings: BertSettings, *, world: int, device: torch.device, bf16: bool
) -> Engine:
    """The engine of the settings, around a network whose weights are in place."""
    if settings.engine == "torch":
        from trending.training.bert.torch_engine import TorchEngine

        return TorchEngine(network, settings, world=world, device=device, bf16=bf16)
    from trending.training.bert.deepspeed_engine import DeepSpeedEngine

    return DeepSpeedEngine(network, settings, world=world, device=device, bf16=bf16)


def scale_rates(groups: Sequence[dict], peaks: Sequence[float], factor: float) -> None:
    """Set the rate of each group of an optimiser to `factor` of its peak."""
    for group, peak in zip(groups, peaks, strict=True):
        group["lr"] = peak * factor
