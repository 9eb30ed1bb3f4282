"""Population-based training: weak trials go on from what strong ones have come to."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.training.bert.tiny_encoder import tiny_encoder, tiny_settings, tiny_titles
from trending.training.bert.trainer import prepare
from tune.bert_target import BertTarget, SharedTokens
from tune.inheritance import INHERITED, WEIGHTS, inherit, leave, left_by
from tune.reports import OBJECTIVE, Reports
from tune.schedulers import STEP, Population
from tune.spaces import Choice, Floats
from tune.trial import TrialRun

EPOCHS = 4
NOTHING = 1e-9
"""A rate at which nothing is learnt."""


@pytest.mark.slow
def test_a_trial_goes_on_with_its_own_rates_from_the_weights_of_another(
    ray_cluster: str, tmp_path: Path
) -> None:
    settings = tiny_settings(tiny_encoder(tmp_path / "encoder"), num_workers=1, engine="torch", epochs=EPOCHS)
    titles = tiny_titles(200, 60)
    shared = SharedTokens(prepare(titles, settings), titles.subset("train").labels)
    trials = tmp_path / "trials"
    trials.mkdir()

    def trial(number: int, **rates: float) -> TrialRun:
        config = {
            "number": number,
            "values": {f"bert.optimizer.{name}": rate for name, rate in rates.items()},
        }
        run = TrialRun.__new__(TrialRun)  # without Ray Tune around it
        run.setup(config, target=BertTarget(), train=settings, folder=trials, shared=shared, portable=True)
        return run

    strong = trial(0)
    told = [strong.step() for _ in range(2)]
    left = tmp_path / "left"
    left.mkdir()
    strong.save_checkpoint(str(left))
    strong.cleanup()
    weak = trial(1, learning_rate=NOTHING, head_learning_rate=NOTHING)
    weak.load_checkpoint(str(left))
    after = [weak.step() for _ in range(EPOCHS - 2)]
    weak.cleanup()

    assert [one[STEP] for one in told + after] == list(range(1, EPOCHS + 1)), "on from what was told"
    assert told[-1][OBJECTIVE] > 0.5, "the one has learnt"
    assert after[-1][OBJECTIVE] >= told[-1][OBJECTIVE], "what the other could not: it has the weights"


def test_the_weak_gets_values_near_those_of_the_strong_and_keeps_its_number() -> None:
    space = {"rate": Floats(0.0, 1.0), "size": Choice((1, 2))}
    weak, strong = (
        SimpleNamespace(config={"number": n, "values": {"rate": rate, "size": size}})
        for n, rate, size in ((0, 0.001, 1), (1, 0.5, 2))
    )
    trials: Any = (weak, strong)
    config, _ = Population(space, seed=2)._get_new_config(*trials)
    assert config["number"] == 0
    assert config["values"]["size"] == 2
    assert config["values"]["rate"] in (pytest.approx(0.4), pytest.approx(0.6))
    assert weak.config["values"]["rate"] == 0.001, "nothing is changed in place"


def test_what_a_trial_leaves_takes_the_place_of_what_another_had(tmp_path: Path) -> None:
    donor, heir = (Reports(tmp_path / f"{name}.jsonl") for name in ("donor", "heir"))
    for step in (1, 2, 3):
        donor.add({"epoch": step, "validation_macro_f1": 0.1 * step})
    heir.add({"epoch": 1, "validation_macro_f1": 0.0})
    checkpoint = tmp_path / "checkpoint"
    checkpoint.mkdir()
    (checkpoint / "weights").write_text("of the donor")
    donor.remember(str(checkpoint))
    left, start = tmp_path / "left", tmp_path / f"heir.{INHERITED}"
    left.mkdir()

    leave(left, 7, 2, donor, weights=True)
    assert left_by(left) == (7, 2)
    inherit(left, heir, start)

    assert heir.read() == donor.read()
    assert (start / "weights").read_text() == "of the donor"


def test_a_trial_that_is_paused_alone_leaves_no_weights(tmp_path: Path) -> None:
    reports = Reports(tmp_path / "reports.jsonl")
    reports.remember(str(tmp_path))
    left = tmp_path / "left"
    left.mkdir()
    leave(left, 1, 0, reports, weights=False)
    assert not (left / WEIGHTS).exists()
