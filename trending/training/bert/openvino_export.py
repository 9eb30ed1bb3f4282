"""The fine-tuned network as OpenVINO models, in single precision and in 8 bits."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch

from trending.models.bert_network import GenreNetwork
from trending.models.bert_runtime import IR, OPENVINO_FP32, OPENVINO_INT8, Tokens
from trending.openvino_import import import_nncf, import_openvino, no_progress_bars


def write_fp32(network: GenreNetwork, folder: Path) -> None:
    """Write the network in single precision, for batches and lengths of any size."""
    openvino = import_openvino()
    # An example with padding: traced on one without, attention might take the way that ignores the mask.
    ids = torch.ones((2, 8), dtype=torch.long)
    mask = torch.tensor([[1] * 8, [1] * 5 + [0] * 3])
    with _quiet_tracing(), torch.inference_mode():
        model = openvino.convert_model(
            network.eval().cpu(),
            example_input=(ids, mask),
            input=[
                ("input_ids", [-1, -1], openvino.Type.i64),
                ("attention_mask", [-1, -1], openvino.Type.i64),
            ],
        )
    _write(model, folder / IR[OPENVINO_FP32])


def write_int8(folder: Path, calibration: Sequence[Tokens]) -> None:
    """Quantise the model of `write_fp32` to 8 bits, ranges taken from what `calibration` makes of it.

    Weights and activations of matrix products are quantised, the rest stays in single precision.
    """
    nncf = import_nncf()
    model = import_openvino().Core().read_model(str(folder / IR[OPENVINO_FP32]))
    batches = [(batch.input_ids, batch.attention_mask) for batch in calibration]
    with no_progress_bars():
        quantised = nncf.quantize(
            model,
            nncf.Dataset(batches),
            model_type=nncf.ModelType.TRANSFORMER,
            subset_size=len(batches),
        )
    _write(quantised, folder / IR[OPENVINO_INT8])


@contextmanager
def _quiet_tracing() -> Iterator[None]:
    """Without the tracer's warnings of branches that it takes once: they depend on no tensor's values here."""
    from transformers.utils import logging

    before = logging.get_verbosity()
    logging.set_verbosity_error()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)
            warnings.simplefilter("ignore", DeprecationWarning)
            warnings.filterwarnings("ignore", message="Converting a tensor to a Python")
            yield
    finally:
        logging.set_verbosity(before)


def _write(model: Any, file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    # By default weights would be rounded to half precision.
    import_openvino().save_model(model, str(file), compress_to_fp16=False)
