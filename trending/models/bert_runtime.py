"""What computes a fine-tuned network: PyTorch, or OpenVINO in single precision or in 8 bits."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from trending.openvino_import import import_openvino

TORCH, OPENVINO_FP32, OPENVINO_INT8 = "torch", "openvino-fp32", "openvino-int8"
IR = {OPENVINO_FP32: "openvino/fp32.xml", OPENVINO_INT8: "openvino/int8.xml"}
"""File of each OpenVINO runtime in the folder of a model; its weights are beside it, in `.bin`."""
GPU_BATCH, CPU_BATCH = 128, 8

Logits = npt.NDArray[np.float32]
"""`[n, genres]`."""


@dataclass(frozen=True)
class Tokens:
    """Texts of one padded length."""

    input_ids: npt.NDArray[np.int64]
    """`[n, length]`."""
    attention_mask: npt.NDArray[np.int64]
    """`[n, length]`: 1 for a token, 0 for padding."""


class Runtime(Protocol):
    """Computes the logits of batches. Safe to call from several threads at once."""

    name: str
    batch_size: int
    """Most texts in a batch that pays."""
    in_flight: int
    """Batches that it computes at once."""

    def logits(self, batches: Sequence[Tokens]) -> list[Logits]:
        """The logits of each batch, in order."""
        ...


def open_runtime(folder: Path, name: str, *, threads: int = 0, prefer_gpu: bool = True) -> Runtime:
    """The runtime `name` for the model in `folder`; with `prefer_gpu`, PyTorch where there is a GPU.

    `threads` is the number of OpenVINO's threads, 0 what it chooses. Raises `ValueError` for a name that there
    is not.
    """
    import torch

    gpu = prefer_gpu and torch.cuda.is_available()
    if name == TORCH or gpu:
        return TorchRuntime(folder, device="cuda" if gpu else "cpu")
    if name in IR:
        return OpenVINORuntime(folder / IR[name], name, threads=threads)
    raise ValueError(f"runtime {name!r}: there are {TORCH}, {', '.join(IR)}")


class TorchRuntime:
    """PyTorch in single precision, on `device`: `cpu` or `cuda`."""

    name = TORCH

    def __init__(self, folder: Path, *, device: str = "cpu") -> None:
        """Load the network that `save_network` wrote."""
        from trending.models.bert_network import load_network

        self._device = device
        self.batch_size = GPU_BATCH if device == "cuda" else CPU_BATCH
        # On a GPU the next batch is copied while one is computed; on a CPU one batch uses all cores.
        self.in_flight = 2 if device == "cuda" else 1
        self._network = load_network(folder).to(self._device)

    def logits(self, batches: Sequence[Tokens]) -> list[Logits]:
        """One batch after the other."""
        import torch

        found = []
        with torch.inference_mode():
            for batch in batches:
                ids, mask = (
                    torch.from_numpy(part).to(self._device)
                    for part in (batch.input_ids, batch.attention_mask)
                )
                found.append(self._network(ids, mask).float().cpu().numpy())
        return found


class OpenVINORuntime:
    """An OpenVINO model on the CPU, with as many requests in flight as it has streams."""

    batch_size = CPU_BATCH

    def __init__(self, file: Path, name: str, *, threads: int = 0) -> None:
        """Compile the model."""
        self.name = name
        self._compiled: Any = import_openvino().Core().compile_model(str(file), "CPU", _cpu_options(threads))
        self.in_flight = int(self._compiled.get_property("OPTIMAL_NUMBER_OF_INFER_REQUESTS"))
        # A request is not thread-safe: each thread of this pool has its own, and callers share the pool.
        self._own = threading.local()
        self._pool = ThreadPoolExecutor(self.in_flight, "openvino", initializer=self._new_request)
        self._first_request()

    def logits(self, batches: Sequence[Tokens]) -> list[Logits]:
        """Batches run side by side."""
        return list(self._pool.map(self._infer, batches))

    def _first_request(self) -> None:
        """One request by itself, before any run side by side: what OpenVINO's Python layer sets up in its first is not
        safe against a second beside it, which can wait for ever (one holds Python's lock, the other the layer's)."""
        word = np.ones((1, 2), np.int64)
        self._pool.submit(self._infer, Tokens(word, word)).result()

    def _new_request(self) -> None:
        self._own.request = self._compiled.create_infer_request()

    def _infer(self, batch: Tokens) -> Logits:
        request = self._own.request
        request.infer([batch.input_ids, batch.attention_mask], share_inputs=True)
        return np.array(request.get_output_tensor().data, np.float32)


def _cpu_options(threads: int) -> dict[str, Any]:
    options: dict[str, Any] = {
        "PERFORMANCE_HINT": "THROUGHPUT",
        # Some CPUs would compute in bfloat16, which is not what was measured when the model was exported.
        "INFERENCE_PRECISION_HINT": "f32",
        # Replicas on one machine would all pin themselves to its first cores.
        "ENABLE_CPU_PINNING": False,
    }
    return options | ({"INFERENCE_NUM_THREADS": threads} if threads else {})
