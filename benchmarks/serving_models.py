"""What the servers beside ours compute: the bundle's own network, as their documentation would have it run."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from trending.models.base import Probabilities
from trending.models.bert_model import TOKENIZER_FILE
from trending.models.bundle import read_manifest

THREADS = 2
"""Of PyTorch, as many as this machine has cores."""


class PaddedModel:
    """Plain OpenVINO: a batch is padded to its longest text and computed at once, by all cores, one at a time."""

    def __init__(self, folder: Path) -> None:
        from tokenizers import Tokenizer

        from trending.models.bert_runtime import IR
        from trending.openvino_import import import_openvino

        self._state = read_manifest(folder)[0].state
        file = str(folder / IR[self._state["runtime"]])
        options = {"PERFORMANCE_HINT": "LATENCY", "INFERENCE_PRECISION_HINT": "f32"}
        self._compiled: Any = import_openvino().Core().compile_model(file, "CPU", options)
        self._tokenizer = Tokenizer.from_file(str(folder / TOKENIZER_FILE))
        self._tokenizer.enable_truncation(self._state["max_tokens"])
        self._tokenizer.enable_padding(pad_id=self._state["pad_token"])
        self._lock = threading.Lock()

    def predict_proba(self, documents: Sequence[str]) -> Probabilities:
        """`[n, genres]`."""
        from scipy.special import expit

        with self._lock:
            encoded = self._tokenizer.encode_batch(list(documents))
            ids = np.array([one.ids for one in encoded], np.int64)
            mask = np.array([one.attention_mask for one in encoded], np.int64)
            logits = next(iter(self._compiled([ids, mask]).values()))
        return expit(logits / np.float32(self._state["temperature"]))


class PipelineModel:
    """The text classification pipeline of Hugging Face, PyTorch in single precision."""

    def __init__(self, folder: Path) -> None:
        import torch

        torch.set_num_threads(THREADS)
        self._genres = read_manifest(folder)[0].genres
        self._pipeline = make_pipeline(folder)

    def predict_proba(self, documents: Sequence[str]) -> Probabilities:
        """`[n, genres]`: a batch as large as the request."""
        answers = self._pipeline(list(documents), batch_size=len(documents))
        scores = [{one["label"]: one["score"] for one in answer} for answer in answers]
        return np.array([[named[genre] for genre in self._genres] for named in scores], np.float32)


def open_model(kind: str, folder: Path) -> Any:
    """`ours`: the bundle as it is served here. `padded`, `pipeline`: as people would run its network."""
    if kind == "ours":
        from trending.models.bundle import load_bundle

        return load_bundle(folder).model
    return {"padded": PaddedModel, "pipeline": PipelineModel}[kind](folder)


def make_pipeline(folder: Path) -> Any:
    """The network as a `text-classification` pipeline with several labels."""
    from transformers import AutoTokenizer, pipeline
    from transformers.utils import logging

    logging.set_verbosity_error()
    state = read_manifest(folder)[0].state
    tokenizer = AutoTokenizer.from_pretrained(folder, model_max_length=state["max_tokens"])
    return pipeline(
        "text-classification",
        model=as_hugging_face(folder),
        tokenizer=tokenizer,
        top_k=None,
        function_to_apply="sigmoid",
        truncation=True,
        device="cpu",
    )


def as_hugging_face(folder: Path) -> Any:
    """The bundle's network as a model of `transformers`; the temperature goes into its last layer."""
    import torch
    from transformers import AutoConfig, PreTrainedConfig, PreTrainedModel
    from transformers.modeling_outputs import SequenceClassifierOutput

    from trending.models.bert_network import load_network

    manifest = read_manifest(folder)[0]
    network = load_network(folder)
    with torch.no_grad():
        for parameter in network.head.parameters():
            parameter /= manifest.state["temperature"]

    class GenrePipelineModel(PreTrainedModel):
        config_class = PreTrainedConfig

        def forward(self, input_ids: Any, attention_mask: Any, **_: Any) -> SequenceClassifierOutput:
            return SequenceClassifierOutput(logits=network(input_ids, attention_mask))

    config = AutoConfig.from_pretrained(folder)
    config.id2label = dict(enumerate(manifest.genres))
    config.label2id = {genre: number for number, genre in enumerate(manifest.genres)}
    config.problem_type = "multi_label_classification"
    model = GenrePipelineModel(config)
    model.network = network
    return model.eval()
