"""DeepSpeed: data parallel with ZeRO (Rajbhandari et al. 2020), stage 0 to 3."""

from __future__ import annotations

import logging
import os
import sys
from types import ModuleType
from typing import Any

import torch

from trending.models.bert_network import GenreNetwork
from trending.settings import BertSettings
from trending.training.bert.build_locks import drop_stale_locks
from trending.training.bert.engine import MOMENTS, WEIGHT, scale_rates, trainable
from trending.training.bert.optimizer import make_optimizer

BUCKET = 10_000_000
"""Elements of gradients that are exchanged at once. DeepSpeed holds two such buffers from the start on; by default they
are of 2 GB each, whatever the network's size."""


class DeepSpeedEngine:
    """Weights, gradients and optimiser states are sharded over the workers as far as `zero_stage` says."""

    def __init__(
        self, network: GenreNetwork, settings: BertSettings, *, world: int, device: torch.device, bf16: bool
    ) -> None:
        deepspeed = import_deepspeed(device)
        drop_stale_locks()
        logging.getLogger("DeepSpeed").setLevel(logging.ERROR)
        deepspeed.init_distributed(dist_backend="nccl" if device.type == "cuda" else "gloo", verbose=False)
        self.gradient_norm = 0.0
        self._parameters = trainable(network)
        self._stage = settings.zero_stage
        optimizer = make_optimizer(network, settings.optimizer)
        self._peaks = [group["lr"] for group in optimizer.param_groups]
        self._inner = optimizer
        self._engine: Any = deepspeed.initialize(
            model=network, optimizer=optimizer, config=engine_config(settings, world=world, bf16=bf16)
        )[0]

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        """Logits `[n, genres]`."""
        return self._engine(input_ids, attention_mask)

    def accumulate(self, loss: torch.Tensor) -> None:
        """Backward; DeepSpeed knows which part is the last one of a step."""
        self._engine.backward(loss)
        if self._stage == 0 and self._engine.is_gradient_accumulation_boundary():
            gradients = [p.grad for p in self._parameters.values() if p.grad is not None]
            self.gradient_norm = float(torch.nn.utils.get_total_norm(gradients))
        self._engine.step()
        if self._stage:
            self.gradient_norm = float(self._engine.get_global_grad_norm() or 0.0)

    def set_rates(self, factor: float) -> None:
        """Multiply the peak learning rates by `factor`."""
        scale_rates(self._engine.optimizer.param_groups, self._peaks, factor)

    def train(self, mode: bool) -> None:
        """Dropout on or off."""
        self._engine.train(mode)

    def full(self, name: str) -> dict[str, torch.Tensor]:
        """Weight and moments of one parameter, gathered from all workers."""
        from deepspeed.utils import safe_get_full_fp32_param, safe_get_full_optimizer_state

        weights = self._parameters[name]
        if self._stage == 0:
            state = self._inner.state.get(weights, {})
            found = {WEIGHT: weights.detach()} | {key: state[key] for key in MOMENTS if key in state}
        else:
            found = {WEIGHT: safe_get_full_fp32_param(weights)}
            if self._engine.global_steps:
                self._link_moments()
                found |= {key: safe_get_full_optimizer_state(weights, key) for key in MOMENTS}
        return {key: tensor.detach().cpu().clone() for key, tensor in found.items() if tensor is not None}

    def restore(self, moments: dict[str, dict[str, torch.Tensor]], steps: int) -> None:
        """Set the moments of every parameter.

        DeepSpeed makes the optimiser's states in the first step, so one is taken at rate 0, which moves nothing.
        """
        from deepspeed.utils import safe_set_full_optimizer_state

        self._idle_step()
        self._link_moments()
        for name, weights in self._parameters.items():
            for key in MOMENTS:
                if self._stage == 0:
                    self._inner.state[weights][key].copy_(moments[name][key])
                else:
                    safe_set_full_optimizer_state(weights, moments[name][key].to(weights.device), key)
        for state in self._inner.state.values():
            state["step"] = torch.full_like(torch.as_tensor(state["step"]), float(steps))
        self._engine.global_steps = steps

    def _link_moments(self) -> None:
        """Tell every parameter where its moments are.

        DeepSpeed does so after the first of its parameter groups has taken its first step, when the moments of
        the other groups are not there yet (0.19.8, stages 1 and 2).
        """
        from deepspeed.utils import lazy_init_hp_params_optimizer_state

        if self._stage in (1, 2):
            zero = self._engine.optimizer
            for group, partition in zip(zero.bit16_groups, zero.single_partition_of_fp32_groups, strict=True):
                lazy_init_hp_params_optimizer_state(group, partition, zero.optimizer.state)

    def _idle_step(self) -> None:
        self.set_rates(0.0)
        device = self._engine.device
        ids = torch.ones((1, 8), dtype=torch.long, device=device)
        for _ in range(self._engine.gradient_accumulation_steps()):
            self._engine.backward(self._engine(ids, torch.ones_like(ids)).sum() * 0.0)
            self._engine.step()


def import_deepspeed(device: torch.device) -> ModuleType:
    """DeepSpeed for this device, without what only its autotuner would use.

    By itself it takes a GPU wherever it sees one, also in a worker that Ray gave none. It imports mlflow and
    xgboost where they are installed, which takes longer than all the rest of it. While it is being imported, they
    are hidden; a `None` in `sys.modules` is how Python says that a module cannot be had.
    """
    os.environ["DS_ACCELERATOR"] = device.type
    os.environ.setdefault("DS_IGNORE_CUDA_DETECTION", "1")
    hidden = [name for name in ("mlflow", "xgboost") if name not in sys.modules]
    sys.modules.update(dict.fromkeys(hidden))  # pyright: ignore[reportCallIssue, reportArgumentType]
    try:
        import deepspeed
    finally:
        for name in hidden:
            del sys.modules[name]
    return deepspeed


def engine_config(settings: BertSettings, *, world: int, bf16: bool) -> dict[str, Any]:
    """DeepSpeed's configuration. Weights stay float32 in every stage; bfloat16 is autocast."""
    share = -(-settings.batch_size // (world * settings.gradient_accumulation))
    config: dict[str, Any] = {
        "train_micro_batch_size_per_gpu": share,
        "gradient_accumulation_steps": settings.gradient_accumulation,
        "train_batch_size": share * world * settings.gradient_accumulation,
        "gradient_clipping": settings.optimizer.gradient_clipping,
        "zero_allow_untested_optimizer": True,
        "steps_per_print": 10**9,
        "wall_clock_breakdown": False,
    }
    if settings.zero_stage:
        config["zero_optimization"] = {"stage": settings.zero_stage, "reduce_bucket_size": BUCKET}
    if bf16:
        config["torch_autocast"] = {"enabled": True, "dtype": "bfloat16"}
    return config
