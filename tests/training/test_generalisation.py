"""A linear model on two platforms that tell of the same genres in different words."""

from __future__ import annotations

import json

import pytest

from tests.evaluation.small_catalog import two_platforms
from trending.errors import TrainingError
from trending.models.registry import list_runs, open_client
from trending.settings import Settings
from trending.training.generalisation import EXPERIMENT, Generalisation, generalise


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    settings = Settings(home=tmp_path_factory.mktemp("platforms"))
    two_platforms(settings)
    return settings


@pytest.fixture(scope="module")
def found(home: Settings) -> Generalisation:
    return generalise("linear", home)


def test_titles_are_held_out_by_chance_by_time_and_by_platform(found: Generalisation) -> None:
    assert [one.name for one in found.holdouts] == ["random", "time", "without Netflix", "without Amazon"]
    random, time, *platforms = found.holdouts
    assert random.train_titles == random.test_titles * 2 == 120
    assert time.test_titles < 60
    assert {(one.train_titles, one.test_titles) for one in platforms} == {(90, 120)}


def test_words_that_a_platform_alone_uses_are_not_known_without_it(found: Generalisation) -> None:
    random, _, *platforms = found.holdouts
    assert random.scores["micro_f1"] > 0.95
    for one in platforms:
        assert one.scores["micro_f1"] < 0.8
        assert one.ci95["micro_f1"][0] <= one.scores["micro_f1"] <= one.ci95["micro_f1"][1]


def test_with_and_without_a_platform_are_compared_on_the_same_titles(found: Generalisation) -> None:
    for one in found.holdouts[2:]:
        same = one.same_titles
        assert same is not None
        assert same.titles == 30
        assert same.random_split["micro_f1"] > 0.95
        assert same.difference_ci95["micro_f1"][1] < 0
    assert all(one.same_titles is None for one in found.holdouts[:2])


def test_every_training_is_a_run_of_an_experiment_of_its_own(home: Settings, found: Generalisation) -> None:
    client = open_client(home)
    experiment = client.get_experiment_by_name(EXPERIMENT)
    assert experiment is not None
    runs = client.search_runs([experiment.experiment_id])
    by_holdout = {run.data.tags["trending.holdout"]: run for run in runs}
    assert set(by_holdout) == {one.name for one in found.holdouts}
    for one in found.holdouts:
        assert by_holdout[one.name].data.metrics["test_micro_f1"] == pytest.approx(one.scores["micro_f1"])
    assert list_runs(home) == []
    assert not list(home.ray_results_dir.glob("*"))


def test_the_file_holds_what_was_found(found: Generalisation) -> None:
    assert json.loads(found.report.read_text(encoding="utf-8")) == json.loads(json.dumps(found.as_json()))


def test_a_blend_cannot_be_trained_apart_from_its_members(home: Settings) -> None:
    with pytest.raises(TrainingError, match="each of its members"):
        generalise("blend", home)


def test_a_platform_that_there_is_not_stops_before_any_training(home: Settings) -> None:
    with pytest.raises(TrainingError, match="no platform 'Hulu' here"):
        generalise("linear", home, platforms=["Hulu"])
