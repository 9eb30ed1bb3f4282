"""A fine-tuned encoder as a genre model: tokens in, calibrated probabilities out."""

from __future__ import annotations

import shutil
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from trending.features.encoders import CONFIG, TOKENIZER, WEIGHTS
from trending.models.base import Probabilities
from trending.models.bert_network import HEAD
from trending.models.bert_runtime import IR, Tokens, open_runtime
from trending.models.calibrators import Calibrated

TOKENIZER_FILE = "tokenizer.json"
IR_FILES = tuple(name for file in IR.values() for name in (file, str(Path(file).with_suffix(".bin"))))
FILES = (WEIGHTS, CONFIG, HEAD, *TOKENIZER, *IR_FILES)
"""What the folder of a model holds, for every runtime; those that are there are copied into a bundle."""
LENGTH_STEP = 16
"""Lengths of padded texts are multiples of this many tokens."""


class BertModel(Calibrated):
    """Sigmoid of the logits divided by the temperature (Guo et al. 2017), multi-label.

    The bundle holds the network for every runtime. On a GPU it is served by PyTorch, on a CPU by the one that
    the export chose.
    """

    name: ClassVar[str] = "bert"

    def __init__(self, folder: Path, state: Mapping[str, Any], *, prefer_gpu: bool = True) -> None:
        """Open the model whose files are in `folder`; `state` is that of `save`.

        `genres`; `temperature`; `max_tokens` of a document; `pad_token`, the id of padding; `runtime` on a CPU
        and its `threads`; `export`, what the export measured.
        """
        from tokenizers import Tokenizer

        self.genres: tuple[str, ...] = tuple(state["genres"])
        self._folder, self._state = folder, dict(state)
        self._runtime = open_runtime(
            folder, state["runtime"], threads=state["threads"], prefer_gpu=prefer_gpu
        )
        # Truncation is set once: the tokenizer cannot be changed while another thread uses it.
        self._tokenizer = Tokenizer.from_file(str(folder / TOKENIZER_FILE))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(state["max_tokens"])

    @property
    def temperature(self) -> float:
        """What the logits are divided by."""
        return float(self._state["temperature"])

    @property
    def runtime(self) -> str:
        """What computes the answers on this machine."""
        return self._runtime.name

    @property
    def batch_size(self) -> int:
        """Most texts in a batch that pays on this machine."""
        return self._runtime.batch_size

    @property
    def in_flight(self) -> int:
        """Batches that are computed at once on this machine."""
        return self._runtime.in_flight

    @property
    def export(self) -> Mapping[str, Any]:
        """Calibration and parity of the runtimes, as measured when the network was exported."""
        return self._state["export"]

    def predict_proba(self, documents: Sequence[str]) -> Probabilities:
        """`[n, len(genres)]`."""
        from scipy.special import expit

        return self.calibrated(expit(self.logits(documents) / np.float32(self.temperature)))

    def logits(self, documents: Sequence[str]) -> np.ndarray:
        """`[n, len(genres)]`, before the temperature.

        A text is padded to the next multiple of `LENGTH_STEP` tokens and shares its batch only with texts of
        that length, so that its answer does not depend on what else is asked (decision 5).
        """
        found = np.zeros((len(documents), len(self.genres)), np.float32)
        rows, batches = self._batches(documents)
        for chosen, logits in zip(rows, self._runtime.logits(batches), strict=True):
            found[chosen] = logits
        return found

    def padded_lengths(self, documents: Sequence[str]) -> list[int]:
        """Tokens of each document as it is computed, padding included."""
        return [self._padded(len(text.ids)) for text in self._tokenizer.encode_batch(list(documents))]

    def tokens(self, documents: Sequence[str]) -> list[Tokens]:
        """The batches in which these documents are computed, longest first."""
        return self._batches(documents)[1]

    def save(self, folder: Path) -> Mapping[str, Any]:
        """The network for PyTorch and OpenVINO, its configuration and tokenizer."""
        for name in FILES:
            if (self._folder / name).is_file():
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(self._folder / name, folder / name)
        return self._state

    @classmethod
    def load(cls, folder: Path, state: Mapping[str, Any]) -> BertModel:
        """The model that `save` wrote."""
        return cls(folder, state)

    def _batches(self, documents: Sequence[str]) -> tuple[list[list[int]], list[Tokens]]:
        """Positions of the documents of each batch, and the batches."""
        encoded = self._tokenizer.encode_batch(list(documents))
        by_length: dict[int, list[int]] = defaultdict(list)
        for row, text in enumerate(encoded):
            by_length[self._padded(len(text.ids))].append(row)
        rows, batches = [], []
        size = self._runtime.batch_size
        for length in sorted(by_length, reverse=True):
            of_length = by_length[length]
            for start in range(0, len(of_length), size):
                chosen = of_length[start : start + size]
                rows.append(chosen)
                ids = [encoded[row].ids for row in chosen]
                batches.append(pad_tokens(ids, length, pad=self._state["pad_token"]))
        return rows, batches

    def _padded(self, length: int) -> int:
        steps = max(1, -(-length // LENGTH_STEP))
        return min(steps * LENGTH_STEP, self._state["max_tokens"])


def pad_tokens(texts: Sequence[Sequence[int]], length: int, *, pad: int) -> Tokens:
    """Token ids of texts, padded to `length`."""
    ids = np.full((len(texts), length), pad, np.int64)
    mask = np.zeros((len(texts), length), np.int64)
    for row, text in enumerate(texts):
        ids[row, : len(text)] = text
        mask[row, : len(text)] = 1
    return Tokens(ids, mask)
