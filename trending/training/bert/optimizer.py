"""AdamW with a learning rate a layer, and its schedule."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING, Any

import torch

if TYPE_CHECKING:
    from torch import nn

    from trending.settings import BertOptimizerSettings

LAYER = re.compile(r"\.layers?\.(\d+)\.")
HEAD = "head."


def parameter_groups(network: nn.Module, settings: BertOptimizerSettings) -> list[dict[str, Any]]:
    """Groups of AdamW, each with its `peak` rate as `lr`.

    The top layer learns at `learning_rate`, each one below by `layer_decay` slower (Howard and Ruder 2018), the
    embeddings slowest, the head at its own rate. Biases and normalisations are not decayed.
    """
    named = [(name, weights) for name, weights in network.named_parameters() if weights.requires_grad]
    top = max((_layer(name) for name, _ in network.named_parameters()), default=0)
    groups: dict[tuple[float, float], list[Any]] = defaultdict(list)
    for name, weights in named:
        rate = (
            settings.head_learning_rate
            if name.startswith(HEAD)
            else settings.learning_rate * settings.layer_decay ** (top - _layer(name))
        )
        groups[rate, settings.weight_decay if weights.ndim > 1 else 0.0].append(weights)
    return [
        {"params": members, "lr": rate, "weight_decay": decay} for (rate, decay), members in groups.items()
    ]


def freeze(network: nn.Module, *, embeddings: bool, layers: int) -> None:
    """Leave the embeddings as they are, or the lowest layers with them. The head is always trained."""
    up_to = layers if layers or embeddings else -1
    for name, weights in network.named_parameters():
        if not name.startswith(HEAD) and _layer(name) <= up_to:
            weights.requires_grad = False


def make_optimizer(network: nn.Module, settings: BertOptimizerSettings) -> torch.optim.AdamW:
    """The optimiser of a new network."""
    return torch.optim.AdamW(parameter_groups(network, settings), betas=(0.9, 0.999), eps=1e-8, fused=True)


def rate_factor(step: int, total: int, warmup_share: float) -> float:
    """What the peak rates are multiplied by in step `step` of `total` (from 0): up in a line, then down to 0."""
    warmup = max(1, round(total * warmup_share))
    if step < warmup:
        return (step + 1) / warmup
    return max(0.0, (total - step) / max(1, total - warmup))


def _layer(name: str) -> int:
    """0 for the embeddings, from 1 on for the layers of the encoder."""
    found = LAYER.search(name)
    return int(found.group(1)) + 1 if found else 0
