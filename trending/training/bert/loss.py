"""The loss of multi-label genres."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
from torch.nn.functional import binary_cross_entropy_with_logits

from trending.models.base import Labels


def genre_weights(labels: Labels, power: float) -> npt.NDArray[np.float32]:
    """Weight `[genres]` of each genre's positive titles: (negatives / positives) to `power`."""
    positives = labels.sum(axis=0)
    odds = (len(labels) - positives) / np.maximum(positives, 1)
    return np.where(positives > 0, np.maximum(odds, 1e-6) ** power, 1.0).astype(np.float32)


def title_losses(
    logits: torch.Tensor, labels: torch.Tensor, positive_weights: torch.Tensor, *, smoothing: float = 0.0
) -> torch.Tensor:
    """Binary cross entropy of each title `[n]`, mean over genres; logits and labels `[n, genres]`."""
    targets = labels * (1 - 2 * smoothing) + smoothing
    losses = binary_cross_entropy_with_logits(
        logits.float(), targets, pos_weight=positive_weights, reduction="none"
    )
    return losses.mean(dim=1)
