from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from tests.training.bert.tiny_encoder import tiny_encoder
from trending.models.bert_network import assemble, load_network, new_network, save_network
from trending.settings import BertOptimizerSettings, BertSettings
from trending.training.bert.diagnostics import smoothed, steepest
from trending.training.bert.loss import genre_weights, title_losses
from trending.training.bert.optimizer import freeze, parameter_groups, rate_factor
from trending.training.bert.progress import EPOCHS, PATIENCE, Progress


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_encoder(tmp_path_factory.mktemp("encoder"))


def test_the_rate_rises_to_its_peak_and_falls_to_nothing() -> None:
    factors = [rate_factor(step, 100, 0.1) for step in range(101)]
    assert factors[9] == factors[10] == 1.0
    assert factors[:10] == sorted(factors[:10])
    assert factors[10:] == sorted(factors[10:], reverse=True)
    assert factors[0] > 0
    assert factors[100] == 0


@pytest.mark.parametrize(
    ("embeddings", "layers", "trained"),
    [
        (False, 0, {"embeddings", "layer.0", "layer.1", "head"}),
        (True, 0, {"layer.0", "layer.1", "head"}),
        (False, 1, {"layer.1", "head"}),
        (True, 9, {"head"}),
    ],
)
def test_what_is_frozen_does_not_learn(
    encoder: Path, embeddings: bool, layers: int, trained: set[str]
) -> None:
    network = new_network(encoder, genres=3, dropout=0.1)
    freeze(network, embeddings=embeddings, layers=layers)
    learning = {name for name, weights in network.named_parameters() if weights.requires_grad}
    places = {"embeddings", "layer.0", "layer.1", "head"}
    assert {place for place in places if any(place in name for name in learning)} == trained


@pytest.mark.parametrize("kind", ["roberta", "distilbert", "electra"])
def test_other_encoders_have_layers_too(kind: str) -> None:
    from transformers import AutoConfig, AutoModel

    sizes = {"distilbert": {"dim": 16, "hidden_dim": 32, "n_layers": 2, "n_heads": 2}}
    usual = {
        "hidden_size": 16, "embedding_size": 16, "intermediate_size": 32,
        "num_hidden_layers": 2, "num_attention_heads": 2,
    }  # fmt: skip
    config = AutoConfig.for_model(kind, vocab_size=99, **sizes.get(kind, usual))
    network = assemble(AutoModel.from_config(config), genres=3, dropout=0.1)
    groups = parameter_groups(network, BertOptimizerSettings(learning_rate=1.0, head_learning_rate=5.0))
    assert {round(group["lr"], 3) for group in groups} == {0.81, 0.9, 1.0, 5.0}
    logits = network(torch.tensor([[5, 6, 7]]), torch.ones(1, 3, dtype=torch.long))
    logits.sum().backward()
    assert logits.shape == (1, 3)
    assert all(weights.grad is not None for weights in network.parameters()), "nothing is idle"


def test_lower_layers_learn_slower_and_the_head_at_its_own_rate(encoder: Path) -> None:
    network = new_network(encoder, genres=3, dropout=0.1)
    settings = BertOptimizerSettings(learning_rate=1.0, head_learning_rate=5.0, layer_decay=0.5)
    rates = {
        id(weights): group["lr"]
        for group in parameter_groups(network, settings)
        for weights in group["params"]
    }
    assert len(rates) == len(list(network.parameters())), "every parameter is in one group"
    by_name = {name: rates[id(weights)] for name, weights in network.named_parameters()}
    assert by_name["head.weight"] == 5.0
    assert {rate for name, rate in by_name.items() if ".layer.1." in name} == {1.0}
    assert {rate for name, rate in by_name.items() if ".layer.0." in name} == {0.5}
    assert by_name["encoder.embeddings.word_embeddings.weight"] == 0.25


def test_biases_and_normalisations_are_not_decayed(encoder: Path) -> None:
    network = new_network(encoder, genres=3, dropout=0.1)
    for group in parameter_groups(network, BertOptimizerSettings(weight_decay=0.1)):
        assert {weights.ndim > 1 for weights in group["params"]} == {group["weight_decay"] > 0}


def test_rare_genres_weigh_more_by_the_power_of_their_odds() -> None:
    labels = np.zeros((100, 3), bool)
    labels[:50, 0] = labels[:10, 1] = True
    assert genre_weights(labels, 0.5) == pytest.approx([1.0, 3.0, 1.0])
    assert genre_weights(labels, 0.0) == pytest.approx([1.0, 1.0, 1.0])


def test_the_loss_of_a_title_is_its_mean_cross_entropy_and_smoothing_bounds_what_certainty_earns() -> None:
    logits, labels = torch.tensor([[0.0, 0.0], [9.0, -9.0]]), torch.tensor([[1.0, 0.0], [1.0, 0.0]])
    ones = torch.ones(2)
    plain, smooth = title_losses(logits, labels, ones), title_losses(logits, labels, ones, smoothing=0.05)
    assert plain[0] == pytest.approx(np.log(2))
    assert plain[1] < 0.001 < smooth[1]


def test_training_stops_when_the_epochs_or_the_patience_are_over() -> None:
    progress, settings = Progress(), BertSettings(epochs=6, patience=2)
    assert progress.finish_epoch(0.3, settings)
    assert not progress.finish_epoch(0.2, settings)
    assert not progress.stopped
    assert not progress.finish_epoch(0.3, settings)
    assert (progress.stopped, progress.best_epoch) == (PATIENCE, 1)
    short = Progress()
    short.finish_epoch(0.1, BertSettings(epochs=1))
    assert short.stopped == EPOCHS


def test_a_saved_network_is_the_same_network(encoder: Path, tmp_path: Path) -> None:
    network = new_network(encoder, genres=3, dropout=0.2).eval()
    save_network(network, encoder, tmp_path)
    loaded = load_network(tmp_path)
    ids, mask = torch.tensor([[101, 2000, 102, 0]]), torch.tensor([[1, 1, 1, 0]])
    with torch.inference_mode():
        torch.testing.assert_close(loaded(ids, mask), network(ids, mask), rtol=0, atol=0)
        longer = torch.tensor([[101, 2000, 102, 0, 0, 0]])
        padded = network(longer, (longer > 0).long())
        torch.testing.assert_close(padded, network(ids, mask), rtol=0, atol=1e-6)


def test_the_suggested_rate_is_where_the_loss_falls_fastest() -> None:
    rates = np.geomspace(1e-6, 1e-1, 60)
    losses = 1 - 1 / (1 + np.exp(-3 * (np.log10(rates) + 3))) + 40 * rates
    assert 2e-4 < steepest(rates.tolist(), losses.tolist()) < 3e-3
    assert smoothed([2.0, 2.0, 2.0]) == pytest.approx([2.0, 2.0, 2.0])
