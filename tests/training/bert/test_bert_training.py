"""Fine-tuning on real Ray Train workers: the same answer by every way."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.training.bert.engines_in_turn import first_losses
from tests.training.bert.tiny_encoder import tiny_encoder, tiny_settings, tiny_titles
from trending.errors import TrainingError
from trending.models.bert_network import new_network
from trending.settings import TrainSettings
from trending.training.bert.diagnostics import find_rate, overfit_batch
from trending.training.bert.non_finite import replay
from trending.training.bert.trainer import Prepared, prepare, run_loop, train_network

pytestmark = pytest.mark.usefixtures("ray_cluster")


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_encoder(tmp_path_factory.mktemp("encoder"))


@pytest.fixture(scope="module")
def prepared(encoder: Path) -> Prepared:
    return prepare(tiny_titles(200, 60), tiny_settings(encoder))


@pytest.mark.slow
def test_every_zero_stage_walks_as_plain_pytorch_does(
    prepared: Prepared, encoder: Path, tmp_path: Path
) -> None:
    settings = tiny_settings(encoder)
    found = run_loop(prepared, settings, tmp_path / "run", loop=first_losses).return_value
    plain, still = found.pop("torch 0"), found.pop("rate 0")
    assert np.abs(np.subtract(plain, still)).max() > 0.02, "the steps move the weights"
    for losses in found.values():
        np.testing.assert_allclose(losses, plain, rtol=0, atol=1e-3)


@pytest.fixture(scope="module")
def by_two(prepared: Prepared, encoder: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("two") / "run"
    return train_network(prepared, tiny_settings(encoder, zero_stage=2), folder)


def test_one_worker_and_two_come_to_the_same_validation_loss_after_an_epoch(
    by_two: Any, prepared: Prepared, encoder: Path, tmp_path: Path
) -> None:
    settings = tiny_settings(encoder, num_workers=1, zero_stage=0, gradient_accumulation=2)
    alone = train_network(prepared, settings, tmp_path / "run")
    losses = [
        [p["epoch/validation_loss"] for p in one.progress.history if "epoch/validation_loss" in p]
        for one in (by_two, alone)
    ]
    np.testing.assert_allclose(losses[0][0], losses[1][0], rtol=0.01)


def test_the_network_of_the_best_epoch_has_learnt(by_two: Any) -> None:
    assert by_two.progress.best_epoch == 2
    assert by_two.progress.best_macro_f1 > 0.7
    assert by_two.metrics["validation_macro_f1"] == pytest.approx(by_two.progress.best_macro_f1)


def test_every_epoch_tells_its_speed_and_its_padding(by_two: Any) -> None:
    epochs = [p for p in by_two.progress.history if "epoch/padding" in p]
    assert [p["step"] for p in epochs] == [25, 50]
    assert all(0 <= p["epoch/padding"] < 0.3 for p in epochs)
    assert all(p["epoch/tokens_per_second"] > p["epoch/titles_per_second"] > 0 for p in epochs)
    assert {"data", "steps", "validation", "checkpoints"} <= set(by_two.progress.seconds)


def test_a_loss_that_is_no_number_stops_the_training_and_keeps_the_batch(
    prepared: Prepared, encoder: Path, tmp_path: Path
) -> None:
    poisoned = prepared.positive_weights.copy()
    poisoned[1] = np.nan
    settings = tiny_settings(encoder, num_workers=1, engine="torch")
    folder = tmp_path / "run"
    broken = Prepared(**{**vars(prepared), "positive_weights": poisoned})
    with pytest.raises(TrainingError, match="not a finite number"):
        train_network(broken, settings, folder)
    replayed = replay(folder, new_network(encoder, genres=3, dropout=0.0))
    assert replayed.step == 0
    assert len(replayed.losses) == settings.bert.batch_size
    assert not np.isfinite(list(replayed.losses.values())).any()
    assert replayed.first_module is None, "the network is sound: it is the weights of the loss that are not"


@pytest.mark.slow
def test_one_batch_can_be_learnt_by_heart(prepared: Prepared, encoder: Path, tmp_path: Path) -> None:
    settings: TrainSettings = tiny_settings(encoder, num_workers=1, engine="torch")
    check = overfit_batch(prepared, settings, tmp_path / "overfit")
    assert check.passed, check.losses[-1]


@pytest.mark.slow
def test_a_rate_is_found(prepared: Prepared, encoder: Path, tmp_path: Path) -> None:
    settings: TrainSettings = tiny_settings(encoder, num_workers=1, engine="torch")
    search = find_rate(prepared, settings, tmp_path / "rates")
    assert search.rates[0] < search.suggested < search.rates[-1]
