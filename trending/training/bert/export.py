"""From a fine-tuned network to the model that is bundled: calibrated, exported, measured against PyTorch."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from trending.features.documents import DocumentSet
from trending.models.base import Probabilities
from trending.models.bert_model import TOKENIZER_FILE, BertModel
from trending.models.bert_network import GenreNetwork, save_network
from trending.models.bert_runtime import OPENVINO_FP32, OPENVINO_INT8, TORCH, Tokens
from trending.progress import Report, silent
from trending.settings import TrainSettings
from trending.training.bert.openvino_export import write_fp32, write_int8
from trending.training.bert.parity import choose_runtime, compare
from trending.training.bert.tokens import load_tokenizer
from trending.training.temperature import fit_temperature

PARITY_TITLES = 4000
"""Validation titles that calibration and parity are measured on; of more, a draw."""


def export_network(
    network: GenreNetwork,
    *,
    tokenizer_of: Path,
    documents: DocumentSet,
    folder: Path,
    settings: TrainSettings,
    report: Report = silent,
) -> BertModel:
    """The model of `network`, whose files are written into `folder` (emptied first) and stay there.

    The temperature and the runtime are chosen on validation titles, int8 is calibrated on training titles;
    `BertModel.export` holds what was measured. Raises `TrainingError` where OpenVINO in single precision does
    not compute what PyTorch does.
    """
    report("Exporting to OpenVINO")
    _write_files(network, tokenizer_of, folder)
    write_fp32(network, folder)
    plain = _state(network, documents, settings)
    torch_model = BertModel(folder, plain | {"runtime": TORCH})
    write_int8(folder, _calibration(torch_model, documents.subset("train"), settings))
    titles = _drawn(documents.subset("validation"), PARITY_TITLES, settings.seed)
    report(f"Comparing runtimes on {len(titles.documents):,} documents")
    calibration = fit_temperature(titles.labels, torch_model.logits(titles.documents))
    calibrated = plain | {"temperature": calibration.temperature}
    models = {name: BertModel(folder, calibrated | {"runtime": name}, prefer_gpu=False) for name in _RUNTIMES}
    table = compare(titles, {name: _answers(model, titles) for name, model in models.items()})
    measured = {
        "titles": len(titles.documents),
        "calibration": calibration.as_json(),
        "parity": [row.as_json() for row in table],
    }
    chosen = choose_runtime(table, settings.bert.export)
    return BertModel(folder, calibrated | {"runtime": chosen, "export": measured})


def export_metrics(export: Mapping[str, Any]) -> dict[str, float]:
    """The figures of `BertModel.export` as MLflow takes them: `export/temperature`,
    `export/openvino-int8/macro_f1_lost`, ..."""
    found = {f"export/{name}": value for name, value in export["calibration"].items()}
    for row in export["parity"]:
        found |= {f"export/{row['runtime']}/{name}": row[name] for name in row if name != "runtime"}
    return found


_RUNTIMES = (TORCH, OPENVINO_FP32, OPENVINO_INT8)


def _write_files(network: GenreNetwork, tokenizer_of: Path, folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    save_network(network.eval(), tokenizer_of, folder)
    if not (folder / TOKENIZER_FILE).is_file():
        load_tokenizer(tokenizer_of).backend_tokenizer.save(str(folder / TOKENIZER_FILE))


def _state(network: GenreNetwork, documents: DocumentSet, settings: TrainSettings) -> dict[str, Any]:
    pad = getattr(network.encoder.config, "pad_token_id", None)
    return {
        "genres": list(documents.genres),
        "temperature": 1.0,
        "max_tokens": settings.bert.max_tokens,
        "pad_token": 0 if pad is None else int(pad),
        "threads": settings.bert.export.threads,
        "export": {},
    }


def _calibration(model: BertModel, train: DocumentSet, settings: TrainSettings) -> list[Tokens]:
    """Training documents of all lengths, one a batch, padded as they are when served."""
    drawn = _drawn(train, settings.bert.export.calibration_texts, settings.seed)
    return [tokens for text in drawn.documents for tokens in model.tokens([text])]


def _drawn(titles: DocumentSet, most: int, seed: int) -> DocumentSet:
    """The titles, or a seeded draw of so many."""
    count = len(titles.documents)
    if count <= most:
        return titles
    return titles.take(np.sort(np.random.default_rng(seed).choice(count, most, replace=False)))


def _answers(model: BertModel, titles: DocumentSet) -> Probabilities:
    return model.predict_proba(titles.documents)
