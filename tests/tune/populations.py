"""A population of fine-tunings of a tiny encoder."""

from __future__ import annotations

from dataclasses import dataclass

from trending.settings import Settings
from tune.bert_target import BertTarget
from tune.spaces import Floats, Space
from tune.study import Study
from tune.tracking import new_parent

EPOCHS = 4
RATE = "bert.optimizer.learning_rate"
NOTHING = 1e-6
"""A rate at which nothing is learnt."""


@dataclass(frozen=True)
class TinyTarget(BertTarget):
    """Trials differ in their rates alone."""

    @property
    def space(self) -> Space:
        return {RATE: Floats(NOTHING, 2e-2), "bert.optimizer.head_learning_rate": Floats(NOTHING, 1e-1)}


def make_study(settings: Settings) -> Study:
    parent = new_parent(settings, "population", model="bert", snapshot_id=1, parameters={})
    study = Study(
        model="bert",
        snapshot_id=1,
        time_split=False,
        trials=2,
        scheduler="pbt",
        search="random",
        train=settings.train,
        run_id=parent,
        folder=settings.tuning_dir / "population",
    )
    study.write()
    return study
