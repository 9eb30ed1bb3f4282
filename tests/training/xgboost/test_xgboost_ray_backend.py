from __future__ import annotations

from pathlib import Path

import pytest
import xgboost

from tests.training.xgboost.rows_to_boost import TRAIN, VALIDATION, predict, with_boosting
from trending.errors import TrainingError
from trending.training.xgboost.boosting import boost
from trending.training.xgboost.rows import stage


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_the_older_package_trains_the_same_job_in_its_own_environment(
    ray_cluster: str, tmp_path: Path
) -> None:
    """Ray builds the environment with pip: minutes, and the package index is asked."""
    chosen = with_boosting(backend="xgboost_ray", rounds=12, early_stopping_rounds=2, learning_rate=0.3)
    booster = boost(stage(TRAIN, tmp_path / "train", 2), VALIDATION, chosen, tmp_path / "run")

    assert 1 < booster.num_boosted_rounds() <= 12
    found = predict(booster)
    assert found.shape == VALIDATION.labels.shape, "one column a genre"
    assert ((found[:, :2] > 0.5) == VALIDATION.labels[:, :2]).mean() > 0.8
    assert (found[:, 2] < 0.2).all(), "a genre that nobody has is never likely"
    booster.save_model(tmp_path / "booster.ubj")
    again = xgboost.Booster(model_file=tmp_path / "booster.ubj")
    assert again.get_dump() == booster.get_dump()


def test_the_older_package_does_not_go_on_from_a_booster(tmp_path: Path) -> None:
    booster = xgboost.train({}, xgboost.DMatrix(TRAIN.features, label=TRAIN.labels[:, 0]), num_boost_round=1)
    with pytest.raises(TrainingError, match="neither goes on from a booster"):
        boost(TRAIN, VALIDATION, with_boosting(backend="xgboost_ray"), tmp_path, start=booster)
