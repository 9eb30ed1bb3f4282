"""Population-based training: weak trials go on from what strong ones have come to."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.training.bert.tiny_encoder import tiny_encoder, tiny_settings, tiny_titles
from tests.tune.populations import EPOCHS, NOTHING, RATE, TinyTarget
from tests.tune.searches import quick_study
from trending.models.registry import open_client
from trending.settings import BertOptimizerSettings, Settings
from trending.training.bert.trainer import prepare
from tune.bert_target import SharedTokens
from tune.inheritance import INHERITED, WEIGHTS, inherit, leave, left_by
from tune.reports import Reports
from tune.search import search_target
from tune.trials import COMPLETE, Trial


@pytest.mark.slow
def test_the_weak_trial_goes_on_with_the_weights_and_nearly_the_settings_of_the_strong_one(
    ray_cluster: str, tmp_path: Path
) -> None:
    rates = BertOptimizerSettings(learning_rate=NOTHING, head_learning_rate=NOTHING, layer_decay=1.0)
    train = tiny_settings(
        tiny_encoder(tmp_path / "encoder"), num_workers=1, engine="torch", epochs=EPOCHS, optimizer=rates
    )
    settings = Settings(home=tmp_path / "home", train=train)
    study = quick_study(settings, trials=2, scheduler="pbt", model="bert")
    titles = tiny_titles(200, 60)
    told: list[Trial] = []
    result = search_target(
        study,
        TinyTarget(),
        settings,
        prepare=lambda: SharedTokens(prepare(titles, train), titles.subset("train").labels),
        watch=told.append,
    )

    assert [(trial.state, trial.step) for trial in result.trials] == [(COMPLETE, EPOCHS)] * 2
    weak = [trial for trial in told if trial.number == 0]
    assert weak[0].values[RATE] == NOTHING
    assert weak[-1].values[RATE] > 100 * NOTHING, "it took over the other's"
    assert [trial.step for trial in weak] == sorted(trial.step for trial in weak)
    assert result.trials[0].values == weak[-1].values, "the study knows"
    scores = [trial.value for trial in result.trials]
    assert scores[0] == pytest.approx(scores[1], abs=0.2), "and the other's weights"
    client = open_client(settings)
    runs = client.search_runs([client.get_run(study.run_id).info.experiment_id])
    assert sum(f"now/{RATE}" in run.data.metrics for run in runs) >= 1


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
