"""Two bundles on the same titles of a small catalogue, without Ray."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from tests.evaluation.small_catalog import save_linear, two_platforms
from trending.errors import EvaluationError
from trending.evaluation import compare as compare_module
from trending.evaluation.compare import Comparison, compare
from trending.evaluation.evaluate import evaluate
from trending.evaluation.record import ServingCost
from trending.features.documents import load_documents
from trending.models.bundle import save_bundle
from trending.models.prior import PriorModel
from trending.settings import Settings

COST = ServingCost(5.0, 9.0, 400.0, 200.0, 10.0, "here")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A catalogue with a linear model that knows it, and one that knows how frequent genres are."""
    settings = Settings(home=tmp_path_factory.mktemp("compared"))
    snapshot = two_platforms(settings)
    save_linear(settings, settings.bundles_dir / "linear")
    save_prior(settings, settings.bundles_dir / "prior", snapshot)
    return settings


def save_prior(settings: Settings, folder: Path, snapshot: int, *, time_split: bool = False) -> None:
    train = load_documents(settings, snapshot).subset("train")
    model = PriorModel.fit(train.labels, train.genres)
    save_bundle(
        model,
        folder,
        thresholds=[0.4] * len(train.genres),
        snapshot_id=snapshot,
        max_reviews=2,
        time_split=time_split,
    )


def words(home: Settings, *names: str) -> list[str]:
    return [str(home.bundles_dir / name) for name in names]


@pytest.fixture(scope="module")
def found(home: Settings) -> Comparison:
    return compare(home, *words(home, "linear", "prior"), cost=False)


def test_scores_are_those_of_the_evaluation_and_their_differences(home: Settings, found: Comparison) -> None:
    linear, prior = evaluate(home, words(home, "linear", "prior")).models
    assert linear.gain is not None
    for row in found.scores:
        assert (row.a, row.b) == (getattr(linear.scores, row.name), getattr(prior.scores, row.name))
        assert row.ci95 == linear.gain[row.name]
        assert row.ci95[0] <= row.difference <= row.ci95[1]
    assert {row.better for row in found.scores} == {"a"}


def test_genres_have_paired_intervals_and_the_worst_for_the_first_comes_first(found: Comparison) -> None:
    assert [row.difference for row in found.genres] == sorted(row.difference for row in found.genres)
    known = {row.name: row for row in found.genres if row.titles}
    assert set(known) == {"Comedy", "Horror"}
    for row in known.values():
        assert row.difference == pytest.approx(row.a - row.b)
        assert row.ci95[0] <= row.difference <= row.ci95[1]
    assert all(row.p_value == 1 for row in found.genres if not row.titles), (
        "of a genre without titles nothing is known"
    )


def test_slices_are_compared_too(found: Comparison) -> None:
    assert {"platform=Netflix", "platform=Amazon", "kind=movie"} <= {row.slice for row in found.slices}


def test_turned_round_the_differences_change_their_sign(home: Settings, found: Comparison) -> None:
    turned = compare(home, *words(home, "prior", "linear"), cost=False)
    for one, other in zip(found.scores, turned.scores, strict=True):
        assert one.difference == -other.difference
        assert one.ci95 == pytest.approx((-other.ci95[1], -other.ci95[0]))
    assert {row.name: row.difference for row in found.genres} == {
        row.name: -row.difference for row in turned.genres
    }


def test_a_model_is_no_better_than_itself(home: Settings) -> None:
    itself = compare(home, *words(home, "linear", "linear"), cost=False)
    assert {row.ci95 for row in itself.scores} == {(0.0, 0.0)}
    assert {row.p_value for row in itself.genres} == {1.0}
    assert itself.as_json()["verdict"].startswith("No clear difference")


def test_both_are_asked_what_they_cost_on_the_test_titles(
    home: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, int]] = []

    def cost(bundle: object, documents: list[str], report: object) -> ServingCost:
        asked.append((bundle.manifest.model, len(documents)))  # pyright: ignore[reportAttributeAccessIssue]
        return COST

    monkeypatch.setattr(compare_module, "_cost", cost)
    both = compare(home, *words(home, "linear", "prior"))
    assert asked == [("linear", both.titles), ("prior", both.titles)]
    assert both.a.cost == both.b.cost == COST


def test_models_that_were_split_differently_are_not_compared(home: Settings) -> None:
    snapshot = load_documents(home, compare(home, *words(home, "prior", "prior"), cost=False).snapshot_id)
    save_prior(home, home.bundles_dir / "by_time", snapshot.snapshot_id, time_split=True)
    with pytest.raises(EvaluationError, match="split the same way"):
        compare(home, *words(home, "linear", "by_time"), cost=False)


def test_models_of_different_genres_are_not_compared(home: Settings) -> None:
    model = PriorModel.fit(np.ones((1, 2), bool), ("Drama", "Opera"))
    folder = home.bundles_dir / "opera"
    save_bundle(model, folder, thresholds=[0.5, 0.5], snapshot_id=1, max_reviews=2)
    with pytest.raises(EvaluationError, match="same genres"):
        compare(home, *words(home, "linear", "opera"), cost=False)


def test_the_result_is_plain_json(found: Comparison) -> None:
    told = json.loads(json.dumps(found.as_json(), default=str))
    assert told["a"]["model"] == "linear"
    assert told["verdict"].startswith("linear is better")
    assert {"name", "a", "b", "difference", "ci95", "titles", "p_value"} == set(told["genres"][0])
