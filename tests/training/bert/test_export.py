from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from tests.training.bert.exported import export_settings, export_tiny, learnt_network, noisy_titles
from tests.training.bert.tiny_encoder import tiny_encoder, tiny_titles
from trending.errors import TrainingError
from trending.features.encoders import encoder_folder
from trending.models.bert_model import BertModel
from trending.models.bert_network import GenreNetwork, new_network
from trending.models.bert_runtime import OPENVINO_FP32, OPENVINO_INT8, TORCH
from trending.models.bundle import save_bundle
from trending.settings import BertExportSettings
from trending.training.bert import openvino_export
from trending.training.bert.export import export_metrics
from trending.training.bert.parity import Parity, choose_runtime, compare

TITLES = noisy_titles()


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_encoder(tmp_path_factory.mktemp("encoder"))


@pytest.fixture(scope="module")
def network(encoder: Path) -> GenreNetwork:
    return learnt_network(encoder, TITLES.subset("train"))


@pytest.fixture(scope="module")
def model(encoder: Path, network: GenreNetwork, tmp_path_factory: pytest.TempPathFactory) -> BertModel:
    return export_tiny(network, encoder, TITLES, tmp_path_factory.mktemp("export") / "model")


def test_every_runtime_is_measured_against_pytorch(model: BertModel) -> None:
    parity = {row["runtime"]: row for row in model.export["parity"]}
    assert set(parity) == {TORCH, OPENVINO_FP32, OPENVINO_INT8}
    assert parity[TORCH]["macro_f1"] > 0.7  # The network has learnt something that could be lost.
    assert parity[TORCH]["max_difference"] == 0
    assert 0 < parity[OPENVINO_FP32]["max_difference"] < 1e-5
    assert parity[OPENVINO_INT8]["max_difference"] > 1e-5
    assert parity[OPENVINO_INT8]["mean_difference"] < 0.05
    assert model.export["titles"] == 60
    assert model.runtime == OPENVINO_INT8


def test_the_temperature_is_part_of_every_answer(model: BertModel) -> None:
    documents = TITLES.documents[:10]
    expected = 1 / (1 + np.exp(-model.logits(documents) / model.temperature))
    np.testing.assert_allclose(model.predict_proba(documents), expected, atol=1e-6)
    calibration = model.export["calibration"]
    assert calibration["temperature"] == model.temperature != 1
    assert calibration["log_loss"] < calibration["log_loss_before"]


def test_what_was_measured_is_in_the_manifest_and_flat_for_the_tracking(
    model: BertModel, tmp_path: Path
) -> None:
    bundle = save_bundle(model, tmp_path / "b", thresholds=[0.5] * 3, snapshot_id=1, max_reviews=2)
    assert bundle.manifest.state["export"] == model.export
    metrics = export_metrics(model.export)
    assert metrics["export/temperature"] == model.temperature
    assert metrics[f"export/{OPENVINO_INT8}/max_difference"] > 0
    assert all(isinstance(value, float) for value in metrics.values())


def test_exporting_again_gives_the_same_answers_and_prints_nothing(
    model: BertModel, encoder: Path, network: GenreNetwork, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    capfd.readouterr()
    again = export_tiny(network, encoder, TITLES, tmp_path / "again")
    assert tuple(capfd.readouterr()) == ("", "")
    np.testing.assert_array_equal(
        again.predict_proba(TITLES.documents), model.predict_proba(TITLES.documents)
    )


def test_a_conversion_that_computes_something_else_is_refused(
    encoder: Path, network: GenreNetwork, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = openvino_export.write_fp32

    def wrong(converted: GenreNetwork, folder: Path) -> None:
        with torch.no_grad():
            converted.head.bias.add_(0.1)
            right(converted, folder)
            converted.head.bias.sub_(0.1)

    monkeypatch.setattr("trending.training.bert.export.write_fp32", wrong)
    with pytest.raises(TrainingError, match="openvino-fp32 differs by"):
        export_tiny(network, encoder, TITLES, tmp_path / "m")


def made_up(lost: float) -> list[Parity]:
    return [
        Parity(TORCH, 0, 0, 0.6, 0.7, 0),
        Parity(OPENVINO_FP32, 1e-6, 1e-7, 0.6, 0.7, 0),
        Parity(OPENVINO_INT8, 0.05, 0.01, 0.6 - lost, 0.7, lost),
    ]


@pytest.mark.parametrize(
    ("lost", "runtime", "chosen"),
    [
        (0.01, "auto", OPENVINO_INT8),
        (-0.02, "auto", OPENVINO_INT8),
        (0.011, "auto", OPENVINO_FP32),
        (0.5, OPENVINO_INT8, OPENVINO_INT8),
    ],
)
def test_int8_is_chosen_where_it_loses_little(lost: float, runtime: str, chosen: str) -> None:
    settings = BertExportSettings.model_validate({"runtime": runtime})
    assert choose_runtime(made_up(lost), settings) == chosen


def test_what_is_lost_is_macro_f1_with_the_runtimes_own_thresholds() -> None:
    titles = TITLES.subset("validation")
    right = np.where(titles.labels, 0.6, 0.3).astype(np.float32)
    shifted = right / np.float32(2)
    noise = np.random.default_rng(1).random(right.shape).astype(np.float32)
    table = compare(titles, {TORCH: right, OPENVINO_INT8: shifted})
    assert table[1].macro_f1_lost == 0
    assert table[1].max_difference == pytest.approx(0.3)
    assert compare(titles, {TORCH: right, OPENVINO_INT8: noise})[1].macro_f1_lost > 0.2


def test_the_packaged_encoder_is_exported_right(tmp_path: Path) -> None:
    torch.manual_seed(1)
    packaged = encoder_folder("packaged")
    network = new_network(packaged, genres=3, dropout=0.1)
    torch.nn.init.normal_(network.head.weight, std=0.3)
    titles = tiny_titles(8, 24)
    model = export_tiny(network, packaged, titles, tmp_path / "m", calibration_texts=8, runtime=OPENVINO_INT8)
    parity = {row["runtime"]: row for row in model.export["parity"]}
    assert parity[OPENVINO_FP32]["max_difference"] < 1e-4
    assert parity[OPENVINO_INT8]["mean_difference"] < 0.05
    together = model.predict_proba(titles.documents)
    alone = np.vstack([model.predict_proba([document]) for document in titles.documents])
    np.testing.assert_allclose(alone, together, rtol=0, atol=1e-5)


def test_settings_of_the_export_reach_the_model(encoder: Path, model: BertModel, tmp_path: Path) -> None:
    assert model.save(tmp_path)["threads"] == export_settings(encoder).bert.export.threads == 1
