"""Plain PyTorch: distributed data parallel where there are several workers."""

from __future__ import annotations

from typing import Any

import torch
from torch.nn.parallel import DistributedDataParallel
from torch.nn.utils import clip_grad_norm_

from trending.models.bert_network import GenreNetwork
from trending.settings import BertSettings
from trending.training.bert.engine import MOMENTS, WEIGHT, scale_rates, trainable
from trending.training.bert.optimizer import make_optimizer


class TorchEngine:
    """Every worker holds everything."""

    def __init__(
        self, network: GenreNetwork, settings: BertSettings, *, world: int, device: torch.device, bf16: bool
    ) -> None:
        network.to(device)
        self.gradient_norm = 0.0
        self._parameters = trainable(network)
        self._optimizer = make_optimizer(network, settings.optimizer)
        self._peaks = [group["lr"] for group in self._optimizer.param_groups]
        self._network: Any = DistributedDataParallel(network) if world > 1 else network
        self._accumulation, self._parts = settings.gradient_accumulation, 0
        self._clip = settings.optimizer.gradient_clipping
        self._device, self._bf16 = device, bf16

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        """Logits `[n, genres]`."""
        # Gradients are exchanged once a step: with its last part.
        self._network.require_backward_grad_sync = self._parts == self._accumulation - 1
        with torch.autocast(self._device.type, torch.bfloat16, enabled=self._bf16):
            return self._network(input_ids, attention_mask)

    def accumulate(self, loss: torch.Tensor) -> None:
        """Backward, and with the last part of a step: clip and step."""
        (loss / self._accumulation).backward()
        self._parts = (self._parts + 1) % self._accumulation
        if self._parts == 0:
            self.gradient_norm = float(clip_grad_norm_(list(self._parameters.values()), self._clip))
            self._optimizer.step()
            self._optimizer.zero_grad(set_to_none=True)

    def set_rates(self, factor: float) -> None:
        """Multiply the peak learning rates by `factor`."""
        scale_rates(self._optimizer.param_groups, self._peaks, factor)

    def train(self, mode: bool) -> None:
        """Dropout on or off."""
        self._network.train(mode)

    def full(self, name: str) -> dict[str, torch.Tensor]:
        """Weight and moments of one parameter."""
        weights = self._parameters[name]
        state = self._optimizer.state.get(weights, {})
        found = {WEIGHT: weights.detach()} | {key: state[key] for key in MOMENTS if key in state}
        return {key: tensor.cpu().clone() for key, tensor in found.items()}

    def restore(self, moments: dict[str, dict[str, torch.Tensor]], steps: int) -> None:
        """Set the moments of every parameter."""
        for name, weights in self._parameters.items():
            placed = {key: moments[name][key].to(weights.device) for key in MOMENTS}
            step = torch.tensor(
                float(steps), device=weights.device
            )  # where the fused AdamW of a GPU wants it
            self._optimizer.state[weights] = {"step": step, **placed}
