"""One evaluation in full, on a small catalogue, without Ray."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.evaluation.small_catalog import commit, save_linear, some, two_platforms
from trending.errors import SliceError
from trending.evaluation.assembly import titles_digest
from trending.evaluation.evaluate import evaluate, held_out_titles
from trending.evaluation.record import EvaluationRecord, RobustnessRow, ServingCost, read_record
from trending.features.documents import SPLITS, load_documents
from trending.models.bundle import Bundle, load_bundle, save_bundle
from trending.models.prior import PriorModel
from trending.settings import Settings

SCORES = {
    "micro_f1", "macro_f1", "weighted_f1", "samples_f1", "map", "roc_auc", "hit_at_1", "hit_at_3", "exact_match",
    "log_loss", "calibration_error", "mean_genre_calibration_error", "brier",
}  # fmt: skip


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    settings = Settings(home=tmp_path_factory.mktemp("evaluated"))
    two_platforms(settings)
    save_linear(settings, settings.bundles_dir / "linear")
    return settings


@pytest.fixture(scope="module")
def linear(home: Settings) -> Bundle:
    return load_bundle(home.bundles_dir / "linear")


@pytest.fixture(scope="module")
def record(home: Settings, linear: Bundle) -> EvaluationRecord:
    result = evaluate(home, [str(linear.folder)], expressions=["release_year < 1990"])
    return read_record(result.models[0].record_file)


def test_the_record_says_which_model_was_asked_about_which_titles(
    home: Settings, linear: Bundle, record: EvaluationRecord
) -> None:
    test = load_documents(home, linear.manifest.snapshot_id).subset("test")
    subject = record.subject
    assert (subject.digest, subject.model) == (linear.digest, "linear")
    assert subject.trained_on == subject.evaluated_on == linear.manifest.snapshot_id
    assert (subject.titles, subject.titles_digest) == (len(test.documents), titles_digest(test))
    again = replace(test, title_ids=test.title_ids[::-1])
    assert titles_digest(again) == subject.titles_digest
    assert titles_digest(replace(test, title_ids=test.title_ids[1:])) != subject.titles_digest


def test_the_record_has_every_score_and_genre(linear: Bundle, record: EvaluationRecord) -> None:
    assert set(record.scores) == SCORES
    for name, (low, high) in record.ci95.items():
        assert low <= record.scores[name] <= high
    assert [row.genre for row in record.genres] == list(linear.model.genres)
    assert [row.threshold for row in record.genres] == list(linear.thresholds)
    known = [row for row in record.genres if row.support]
    assert [row.genre for row in known] == ["Comedy", "Horror"]
    assert all(row.f1_ci95[0] <= row.f1 <= row.f1_ci95[1] for row in known)
    assert set(record.reliability) == {"all", *linear.model.genres}
    titles = record.subject.titles * len(linear.model.genres)
    assert sum(one.titles for one in record.reliability["all"]) == titles


def test_the_record_has_slices_worst_first_and_the_one_asked_for(record: EvaluationRecord) -> None:
    names = {row.name for row in record.slices}
    assert {"platform=Netflix", "platform=Amazon", "kind=movie", "expression=release_year < 1990"} <= names
    assert [row.micro_f1 for row in record.slices] == sorted(row.micro_f1 for row in record.slices)


def test_brier_and_log_loss_are_means_over_all_answers(
    home: Settings, linear: Bundle, record: EvaluationRecord
) -> None:
    test = load_documents(home, linear.manifest.snapshot_id).subset("test")
    given = linear.model.predict_proba(test.documents)
    assert record.scores["brier"] == pytest.approx(((given - test.labels) ** 2).mean(), rel=1e-5)


def test_every_model_has_a_record_of_its_own(home: Settings, linear: Bundle, tmp_path: Path) -> None:
    prior = save_bundle(
        PriorModel(linear.model.genres, [0.3] * len(linear.model.genres)),
        tmp_path / "prior",
        thresholds=[0.5] * len(linear.model.genres),
        snapshot_id=linear.manifest.snapshot_id,
        max_reviews=2,
    )
    result = evaluate(home, [str(linear.folder), str(prior.folder)])
    first, second = (read_record(one.record_file) for one in result.models)
    assert (first.subject.digest, second.subject.digest) == (linear.digest, prior.digest)
    assert first.subject.titles_digest == second.subject.titles_digest
    assert first.scores["micro_f1"] > second.scores["micro_f1"] == 0
    assert result.models[0].record_file.parent.parent == home.reports_dir / "evaluations"
    assert result.models[0].record_file.parent.name.startswith(linear.digest[:12])


def test_a_slice_that_cannot_be_read_stops_before_any_model_is_asked(home: Settings, linear: Bundle) -> None:
    said: list[str] = []

    def hear(message: str, /, done: int | None = None, total: int | None = None) -> None:
        said.append(message)

    with pytest.raises(SliceError, match="no comparison"):
        evaluate(
            home,
            [str(linear.folder)],
            expressions=["exec('x')"],
            report=hear,
        )
    assert not [line for line in said if line.startswith("Scoring")]


def test_quick_leaves_out_what_takes_minutes(record: EvaluationRecord) -> None:
    assert (record.robustness, record.explanations, record.cost) == ([], None, None)


def test_full_asks_for_robustness_explanations_and_cost(
    home: Settings, linear: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: dict[str, Any] = {}

    def check_robustness(bundle: Bundle, titles: Any, facts: Any, **options: Any) -> list[RobustnessRow]:
        asked["robustness"] = (bundle.digest, len(titles.documents), len(facts), options["cases"])
        return [RobustnessRow("case", "invariance", "upper case", 4, 3)]

    def check_explanations(bundle: Bundle, titles: Any, **options: Any) -> dict[str, Any]:
        asked["explanations"] = options["cases"]
        return {"drop_top": 0.2, "drop_random": 0.1, "cases": 9, "examples": []}

    def serving_cost(bundle: Bundle, documents: Any) -> ServingCost:
        asked["cost"] = len(documents)
        return ServingCost(1.0, 2.0, 300.0, 10.0, 5.0, "a machine")

    for name, function in {
        "robustness": check_robustness, "explanations": check_explanations, "cost": serving_cost
    }.items():  # fmt: skip
        module = ModuleType(name)
        setattr(module, function.__name__, function)
        monkeypatch.setitem(sys.modules, f"trending.evaluation.{name}", module)
    chosen = home.model_copy(
        update={"evaluation": home.evaluation.model_copy(update={"robustness_cases": 7, "timed_titles": 11})}
    )
    result = evaluate(chosen, [str(linear.folder)], full=True)
    found = read_record(result.models[0].record_file)
    assert found.robustness[0].pass_rate == 0.75
    assert found.explanations is not None
    assert found.explanations["drop_top"] == 0.2
    assert found.cost is not None
    assert found.cost.titles_per_s == 300.0
    titles = found.subject.titles
    assert asked == {"robustness": (linear.digest, titles, titles, 7), "explanations": 30, "cost": 11}


def test_a_bundle_is_asked_about_documents_with_as_many_reviews_as_it_was_trained_with(
    settings: Settings, tmp_path: Path
) -> None:
    snapshot = commit(settings, *(some(30, split, split=split) for split in SPLITS), reviewed=("id-test 3",))
    for reviews in (0, 2):
        bundle = save_linear(settings, tmp_path / str(reviews), max_reviews=reviews)
        titles = held_out_titles(settings, bundle, snapshot)
        text = titles.documents[titles.title_ids.index("id-test 3")]
        assert ("of id-test 3" in text) == bool(reviews)
