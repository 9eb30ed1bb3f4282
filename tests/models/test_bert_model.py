from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import torch
from tokenizers import Tokenizer

from tests.training.bert.exported import GENRES, tiny_export
from trending.errors import BundleError
from trending.features.documents import DocumentSet
from trending.models import bert_runtime
from trending.models.bert_model import TOKENIZER_FILE, BertModel
from trending.models.bert_network import GenreNetwork
from trending.models.bert_runtime import OPENVINO_FP32, OPENVINO_INT8, TORCH, open_runtime
from trending.models.bundle import load_bundle, save_bundle

RUNTIMES = (TORCH, OPENVINO_FP32, OPENVINO_INT8)
Exported = tuple[BertModel, DocumentSet, GenreNetwork]


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Exported:
    return tiny_export(tmp_path_factory.mktemp("bert"))


@pytest.fixture(scope="module")
def folder(exported: Exported, tmp_path_factory: pytest.TempPathFactory) -> Path:
    where = tmp_path_factory.mktemp("files")
    exported[0].save(where)
    return where


def with_runtime(exported: Exported, folder: Path, runtime: str, **values: object) -> BertModel:
    state = dict(exported[0].save(folder)) | {"runtime": runtime, **values}
    return BertModel.load(folder, state)


def test_probabilities_are_of_the_documents_genres(exported: Exported) -> None:
    model = exported[0]
    found = model.predict_proba(["ghost river ghost morning", "winter saddle letter"])
    assert model.genres == GENRES
    assert found.shape == (2, 3)
    assert found.dtype == np.float32
    assert found.argmax(axis=1).tolist() == [1, 2]
    assert model.predict_proba([]).shape == (0, 3)


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_an_answer_is_the_same_whatever_documents_are_asked_with_it(
    exported: Exported, folder: Path, runtime: str
) -> None:
    model = with_runtime(exported, folder, runtime)
    documents = exported[1].documents
    together = model.predict_proba(documents)
    alone = np.vstack([model.predict_proba([document]) for document in documents])
    backwards = model.predict_proba(documents[::-1])[::-1]
    np.testing.assert_allclose(alone, together, rtol=0, atol=1e-5)
    np.testing.assert_allclose(backwards, together, rtol=0, atol=1e-5)


@pytest.mark.parametrize("runtime", [TORCH, OPENVINO_FP32])
def test_padding_changes_no_answer(exported: Exported, folder: Path, runtime: str) -> None:
    model, documents = with_runtime(exported, folder, runtime), exported[1].documents[:20]
    tokenizer = Tokenizer.from_file(str(folder / TOKENIZER_FILE))
    tokenizer.no_padding()
    with torch.inference_mode():
        ids = [torch.tensor([tokenizer.encode(document).ids]) for document in documents]
        bare = torch.cat([exported[2](one, torch.ones_like(one)) for one in ids]).numpy()
    assert len({one.shape[1] % 16 for one in ids}) > 3
    np.testing.assert_allclose(model.logits(documents), bare, rtol=0, atol=1e-4)


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_threads_that_ask_at_once_get_their_own_answers(
    exported: Exported, folder: Path, runtime: str
) -> None:
    model, documents = with_runtime(exported, folder, runtime), exported[1].documents
    parts = [documents[start::7] for start in range(7)]
    expected = [model.predict_proba(part) for part in parts]
    with ThreadPoolExecutor(7) as pool:
        found = list(pool.map(model.predict_proba, parts * 3))
    for asked, answer in zip(expected * 3, found, strict=True):
        np.testing.assert_allclose(answer, asked, rtol=0, atol=1e-5)


def test_only_the_first_tokens_count(exported: Exported, folder: Path) -> None:
    short = with_runtime(exported, folder, OPENVINO_FP32, max_tokens=8)
    first = "river river river river river river"
    np.testing.assert_array_equal(*short.predict_proba([f"{first} ghost", f"{first} saddle saddle"]))
    assert short.tokens([f"{first} ghost"])[0].input_ids.shape == (1, 8)


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_a_loaded_bundle_answers_as_the_model_that_was_saved(
    exported: Exported, folder: Path, tmp_path: Path, runtime: str
) -> None:
    model, documents = with_runtime(exported, folder, runtime), exported[1].documents
    save_bundle(model, tmp_path / "b", thresholds=[0.5] * 3, snapshot_id=1, max_reviews=2)
    again = load_bundle(tmp_path / "b").model
    assert isinstance(again, BertModel)
    assert (again.runtime, again.temperature, again.export) == (runtime, model.temperature, model.export)
    np.testing.assert_array_equal(again.predict_proba(documents), model.predict_proba(documents))


def test_one_changed_byte_of_any_file_is_found(exported: Exported, tmp_path: Path) -> None:
    bundle = save_bundle(exported[0], tmp_path / "b", thresholds=[0.5] * 3, snapshot_id=1, max_reviews=2)
    assert {"model.safetensors", "openvino/fp32.bin", "openvino/int8.xml"} <= set(bundle.manifest.files)
    for name in bundle.manifest.files:
        path = bundle.folder / name
        before = path.read_bytes()
        path.write_bytes(before[:-1] + bytes([before[-1] ^ 1]))
        with pytest.raises(BundleError, match=f"{path.name}: changed"):
            load_bundle(bundle.folder)
        path.write_bytes(before)


def test_a_gpu_is_served_by_pytorch_whatever_was_chosen_for_a_cpu(
    exported: Exported, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    exported[0].save(folder)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(bert_runtime, "TorchRuntime", lambda where, device: (device, where))
    assert open_runtime(folder, OPENVINO_INT8) == ("cuda", folder)
    assert open_runtime(folder, TORCH) == ("cuda", folder)
    assert open_runtime(folder, TORCH, prefer_gpu=False) == ("cpu", folder), "as parity is measured"
    assert open_runtime(folder, OPENVINO_INT8, prefer_gpu=False).name == OPENVINO_INT8


def test_an_unknown_runtime_is_named(folder: Path) -> None:
    with pytest.raises(ValueError, match="crystal-ball"):
        open_runtime(folder, "crystal-ball")


def test_openvino_and_nncf_report_nothing_and_print_nothing(tmp_path: Path) -> None:
    script = (
        "import logging\n"
        "from trending.openvino_import import import_nncf, import_openvino, import_openvino_genai\n"
        "import_openvino(), import_openvino_genai(), import_nncf()\n"
        "assert logging.getLoggerClass() is logging.Logger\n"
    )
    # Outside a test's process, where nncf would behave, and without what tells it that this may be a CI run.
    environment = {k: v for k, v in os.environ.items() if k not in ("CI", "TF_BUILD", "JENKINS_URL")}
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=environment | {"HOME": str(tmp_path)}, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    # Its makers' telemetry keeps an identity of this client there.
    assert list(tmp_path.iterdir()) == []


def test_lengths_are_those_at_which_the_documents_are_computed(exported: Exported) -> None:
    model, documents = exported[0], exported[1].documents
    lengths = model.padded_lengths(documents)
    computed = [batch.input_ids.shape[1] for batch in model.tokens(documents) for _ in batch.input_ids]
    assert sorted(lengths, reverse=True) == computed
    assert [model.padded_lengths([one]) for one in documents] == [[n] for n in lengths]
    assert model.batch_size >= 1
    assert model.in_flight >= 1
