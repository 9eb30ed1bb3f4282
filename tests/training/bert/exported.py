"""A tiny network that has learnt its genres, and what it becomes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from tests.training.bert.tiny_encoder import GENRES, tiny_encoder, tiny_settings, tiny_titles
from trending.features.documents import DocumentSet
from trending.models.bert_model import BertModel, pad_tokens
from trending.models.bert_network import GenreNetwork, new_network
from trending.settings import TrainSettings
from trending.training.bert.export import export_network
from trending.training.bert.tokens import load_tokenizer


def noisy_titles() -> DocumentSet:
    """Titles of which one label in ten is wrong: nothing that has learnt them can be sure, or be right always."""
    titles = tiny_titles(160, 60)
    wrong = np.random.default_rng(8).random(titles.labels.shape) < 0.1
    return replace(titles, labels=titles.labels ^ wrong)


def learnt_network(encoder: Path, titles: DocumentSet, *, steps: int = 60) -> GenreNetwork:
    """A network that tells the genres of most titles."""
    torch.manual_seed(3)
    network = new_network(encoder, genres=len(titles.genres), dropout=0.0)
    ids = load_tokenizer(encoder)(titles.documents, truncation=True, max_length=48)["input_ids"]
    optimizer = torch.optim.AdamW(network.parameters(), lr=5e-3)
    labels = torch.tensor(titles.labels, dtype=torch.float32)
    for step in range(steps):
        rows = torch.randperm(len(ids), generator=torch.Generator().manual_seed(step))[:32]
        batch = pad_tokens([ids[row] for row in rows], 48, pad=0)
        logits = network(torch.from_numpy(batch.input_ids), torch.from_numpy(batch.attention_mask))
        torch.nn.functional.binary_cross_entropy_with_logits(logits, labels[rows]).backward()
        optimizer.step()
        optimizer.zero_grad()
    return network.eval()


def tiny_export(folder: Path) -> tuple[BertModel, DocumentSet, GenreNetwork]:
    """The exported model, with the titles and the network that it came from; files under `folder`."""
    encoder = tiny_encoder(folder / "encoder")
    titles = noisy_titles()
    network = learnt_network(encoder, titles.subset("train"))
    return export_tiny(network, encoder, titles, folder / "export"), titles, network


def export_tiny(
    network: GenreNetwork, encoder: Path, titles: DocumentSet, folder: Path, **export: object
) -> BertModel:
    """`export_network` with settings for tiny networks."""
    return export_network(
        network,
        tokenizer_of=encoder,
        documents=titles,
        folder=folder,
        settings=export_settings(encoder, **export),
    )


def export_settings(encoder: Path, **export: object) -> TrainSettings:
    """Little to calibrate on, one thread."""
    return tiny_settings(encoder, export={"calibration_texts": 20, "threads": 1, **export})


__all__ = ["GENRES", "export_settings", "export_tiny", "learnt_network", "noisy_titles", "tiny_export"]
