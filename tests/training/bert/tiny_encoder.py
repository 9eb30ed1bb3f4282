"""A two-layer encoder that learns in seconds, and titles whose genre is a word of their plot."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from trending.features.documents import DocumentSet
from trending.features.encoders import CONFIG, TOKENIZER, copy_files, encoder_folder
from trending.settings import BertOptimizerSettings, BertSettings, TrainSettings

GENRES = ("Comedy", "Horror", "Western")
SIGNS = ("laughter", "ghost", "saddle")
FILLER = [
    "river",
    "window",
    "morning",
    "letter",
    "captain",
    "garden",
    "silver",
    "bridge",
    "market",
    "winter",
    "doctor",
    "harbour",
    "village",
    "lantern",
]


def tiny_encoder(folder: Path) -> Path:
    """A folder with a random BERT of two layers, 32 wide, and the packaged tokenizer."""
    from transformers import BertConfig, BertModel

    torch.manual_seed(7)
    config = BertConfig(
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=64,
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
    )
    copy_files(encoder_folder("packaged"), folder, TOKENIZER)
    encoder = BertModel(config, add_pooling_layer=False)
    # Only words count, not their places, so that it learns within a few steps.
    torch.nn.init.zeros_(encoder.embeddings.position_embeddings.weight)
    torch.nn.init.zeros_(encoder.embeddings.token_type_embeddings.weight)
    encoder.save_pretrained(folder)
    assert (folder / CONFIG).is_file()
    return folder


def tiny_titles(train: int, validation: int, *, seed: int = 1) -> DocumentSet:
    """Titles of 2 to 26 words; each has the genres whose sign is among them."""
    random = np.random.default_rng(seed)
    count = train + validation
    labels = random.random((count, len(GENRES))) < 0.4
    documents = []
    for row in labels:
        words = random.choice(FILLER, random.integers(2, 24)).tolist()
        words += [sign for sign, has in zip(SIGNS, row, strict=True) if has]
        documents.append(" ".join(random.permutation(words)))
    return DocumentSet(
        snapshot_id=1,
        genres=GENRES,
        title_ids=[f"t{n}" for n in range(count)],
        title_keys=[f"k{n}" for n in range(count)],
        documents=documents,
        labels=labels,
        splits=np.array(["train"] * train + ["validation"] * validation),
        unlabelled=0,
        repeated=0,
    )


def tiny_settings(encoder: Path, **values: object) -> TrainSettings:
    """A fine-tuning of two epochs of small batches, on two workers."""
    chosen = {
        "model": str(encoder),
        "max_tokens": 48,
        "freeze_embeddings": False,
        "frozen_layers": 0,
        "epochs": 2,
        "batch_size": 8,
        "bucket_batches": 4,
        "checkpoint_steps": 10,
        "dropout": 0.0,
        "class_weight_power": 0.0,
        "optimizer": BertOptimizerSettings(
            learning_rate=1e-2, head_learning_rate=5e-2, layer_decay=1.0, warmup_share=0.02
        ),
        **values,
    }
    return TrainSettings(bert=BertSettings.model_validate(chosen))
