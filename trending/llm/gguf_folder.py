"""A GGUF file as a Hugging Face folder, which is what vLLM loads."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

from filelock import FileLock

from trending.errors import LLMError

DONE = ".complete"
WEIGHTS = "model.safetensors"


def hugging_face_folder(model: Path, root: Path) -> Path:
    """The folder under `root` that holds the weights of the GGUF file `model` and its tokenizer.

    Made once for a file as it is now: another size or time of change makes another folder. The weights are
    unpacked to 16 bits, four times the size of a file of 4 bits. Raises `LLMError` where `transformers` cannot
    read the file.
    """
    state = model.stat()
    folder = root / f"{model.stem}-{state.st_size}-{state.st_mtime_ns}"
    root.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{folder}.lock"):
        if not (folder / DONE).is_file():
            shutil.rmtree(folder, ignore_errors=True)
            _convert(model, folder)
            (folder / DONE).touch()
    return folder


def _convert(model: Path, folder: Path) -> None:
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer
    from transformers.utils import logging

    logging.disable_progress_bar()
    try:
        tokenizer = AutoTokenizer.from_pretrained(str(model.parent), gguf_file=model.name)
        network = AutoModelForCausalLM.from_pretrained(
            str(model.parent), gguf_file=model.name, dtype=torch.bfloat16
        )
    except (ImportError, OSError, ValueError, KeyError) as error:
        raise LLMError(f"{model}: transformers cannot read this GGUF file: {error}") from error
    tokenizer.save_pretrained(folder)
    _save(network, folder)


def _save(network: Any, folder: Path) -> None:
    """As plain weights: `save_pretrained` refuses a network that was read from a quantized file."""
    from safetensors.torch import save_file

    state = network.state_dict()
    if network.config.tie_word_embeddings:
        state.pop("lm_head.weight", None)
    save_file(
        {name: weights.contiguous() for name, weights in state.items()}, folder / WEIGHTS, {"format": "pt"}
    )
    if hasattr(network.config, "quantization_config"):
        del network.config.quantization_config
    network.config.save_pretrained(folder)
