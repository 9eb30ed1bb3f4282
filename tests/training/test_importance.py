from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from trending.models.bundle import load_bundle
from trending.models.prior import PriorModel
from trending.models.registry import open_client, resolve_model
from trending.models.xgboost_model import XGBoostModel
from trending.settings import Settings
from trending.training.importance import Importances, importances


@pytest.fixture(scope="module")
def model(sample_home: Settings) -> XGBoostModel:
    found = load_bundle(resolve_model(sample_home, "champion").folder).model
    assert isinstance(found, XGBoostModel)
    return found


@pytest.fixture(scope="module")
def found(model: XGBoostModel) -> Importances:
    result = importances(model)
    assert result is not None
    return result


def test_all_gain_is_dealt_out_to_groups_genres_and_scores(model: XGBoostModel, found: Importances) -> None:
    assert sum(found.groups.values()) == pytest.approx(1)
    for score in ("linear", "ridge", "neighbours"):
        assert sum(getattr(genre, score) for genre in found.genres) == pytest.approx(found.groups[score])
    trees = model.booster.trees_to_dataframe()
    splits = trees[trees["Feature"] != "Leaf"]
    drama = model.genres.index("Drama")
    of_drama = splits[splits["Feature"] == f"f{model.encoder.width + drama}"]["Gain"].sum()
    assert found.genres[drama].linear == pytest.approx(of_drama / splits["Gain"].sum(), rel=1e-3)


def test_terms_of_a_genre_are_those_that_its_score_weighs_most(
    model: XGBoostModel, found: Importances
) -> None:
    linear = model.first_stage.linear
    for k, genre in enumerate(found.genres):
        sizes = np.abs(linear.weights[:, k])
        assert genre.terms[0].term == linear.terms[int(sizes.argmax())]
        assert abs(genre.terms[0].weight) == pytest.approx(sizes.max())
        assert sum(term.importance for term in genre.terms) <= genre.linear + 1e-9
    assert list(found.terms.values()) == sorted(found.terms.values(), reverse=True)


def test_mlflow_holds_the_table_and_the_picture(
    sample_home: Settings, found: Importances, tmp_path: Path
) -> None:
    run_id = resolve_model(sample_home, "champion").run_id
    assert run_id is not None
    client = open_client(sample_home)
    table = client.download_artifacts(run_id, "importances.json", str(tmp_path))
    assert json.loads(Path(table).read_text())["groups"] == pytest.approx(found.groups)
    assert client.get_run(run_id).data.metrics["gain_share/embedding"] == pytest.approx(
        found.groups["embedding"]
    )
    assert "plots/importances.png" in {one.path for one in client.list_artifacts(run_id, "plots")}


def test_a_model_without_trees_has_none() -> None:
    assert importances(PriorModel.fit(np.ones((2, 1), bool), ("Drama",))) is None
