"""The network that is fine-tuned: an encoder, the mean of its last states, one logit a genre."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from torch import nn

from trending.features.encoders import CONFIG, TOKENIZER, WEIGHTS, copy_files

HEAD = "head.json"
"""Size of the classification layer, beside the encoder's own configuration."""


class GenreNetwork(nn.Module):
    """Logits `[n, genres]` of token ids `[n, length]` and their attention mask `[n, length]`."""

    def __init__(self, encoder: nn.Module, *, width: int, genres: int, dropout: float) -> None:
        super().__init__()
        self.encoder = encoder
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(width, genres)
        nn.init.normal_(self.head.weight, std=0.02)
        nn.init.zeros_(self.head.bias)

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        """Padding neither attends nor counts in the mean."""
        states = self.encoder(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
        mask = attention_mask.unsqueeze(-1).to(states.dtype)
        return self.head(self.dropout((states * mask).sum(1) / mask.sum(1).clamp(min=1)))


def new_network(folder: Path, *, genres: int, dropout: float) -> GenreNetwork:
    """The pretrained encoder of a Hugging Face folder under a new classification layer."""
    from transformers import AutoModel
    from transformers.utils import logging

    logging.disable_progress_bar()
    logging.set_verbosity_error()
    return assemble(AutoModel.from_pretrained(folder, dtype=torch.float32), genres, dropout)


def save_network(network: GenreNetwork, tokenizer_of: Path, folder: Path) -> None:
    """Weights (safetensors), configuration, and the tokenizer of the folder `tokenizer_of`."""
    from safetensors.torch import save_file

    copy_files(tokenizer_of, folder, (CONFIG, *TOKENIZER))
    state = {name: tensor.detach().cpu().contiguous() for name, tensor in network.state_dict().items()}
    save_file(state, folder / WEIGHTS)
    size = {"genres": network.head.out_features, "dropout": network.dropout.p}
    (folder / HEAD).write_text(json.dumps(size), encoding="utf-8")


def load_network(folder: Path) -> GenreNetwork:
    """What `save_network` wrote, in evaluation mode on the CPU."""
    from safetensors.torch import load_file
    from transformers import AutoConfig, AutoModel

    size: dict[str, Any] = json.loads((folder / HEAD).read_text(encoding="utf-8"))
    encoder = AutoModel.from_config(AutoConfig.from_pretrained(folder), dtype=torch.float32)
    network = assemble(encoder, size["genres"], size["dropout"])
    network.load_state_dict(load_file(folder / WEIGHTS))
    return network.eval()


def assemble(encoder: Any, genres: int, dropout: float) -> GenreNetwork:
    """An encoder under a new head. Its own pooler is not used: those weights would only be carried along."""
    if getattr(encoder, "pooler", None) is not None:
        encoder.pooler = None
    return GenreNetwork(encoder, width=int(encoder.config.hidden_size), genres=genres, dropout=dropout)
