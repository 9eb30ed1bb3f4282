from __future__ import annotations

import math
from dataclasses import replace

import pytest

from tests.evaluation.card.synthetic import manifest_of, synthetic_record
from trending.evaluation.card import telling
from trending.evaluation.card.findings import fairness, limits, p_text, pass_interval
from trending.evaluation.record import RobustnessRow, SliceRow


def swap(cases: int, passed: int) -> RobustnessRow:
    return RobustnessRow("names_gender", "invariance", "Names of the other gender.", cases, passed)


def place(difference: float, p_value: float, attribute: str = "country") -> SliceRow:
    return SliceRow(attribute, "India", 300, 0.55, 0.5, (0.5, 0.6), difference, p_value)


@pytest.mark.parametrize(
    ("cases", "passed", "level"),
    [(200, 196, "fine"), (200, 150, "fault"), (20, 18, "unclear")],
)
def test_a_swap_of_names_is_a_fault_only_where_the_cases_decide_it(
    cases: int, passed: int, level: str
) -> None:
    (found,) = fairness(synthetic_record(robustness=[swap(cases, passed)], slices=[]))
    assert found.level == level
    assert f"{passed} of {cases}" in found.text


def test_only_places_that_are_worse_by_more_than_chance_are_faults() -> None:
    def levels(*rows: SliceRow) -> list[str]:
        return [one.level for one in fairness(synthetic_record(robustness=[], slices=list(rows)))]

    assert levels(place(-0.1, 0.01)) == ["fault"]
    assert levels(place(-0.1, 0.2), place(0.1, 0.001)) == ["fine"]
    assert levels(place(-0.1, 0.01, "language")) == ["fault"]
    assert levels(place(-0.1, 0.01, "decade")) == [], "a decade is no people"


def test_other_changes_say_nothing_of_fairness() -> None:
    rows = [replace(swap(50, 10), name="typos"), swap(0, 0)]
    assert fairness(synthetic_record(robustness=rows, slices=[])) == []


def test_the_limits_name_what_the_numbers_say_against_the_model() -> None:
    record = synthetic_record()
    told = " ".join(limits(record, manifest_of(record)))
    assert "too few to be sure of a score: Western (12)" in told
    assert "fewer than half agree: Western (0.310), Arts & Culture (0.440) and Thriller (0.480)" in told
    assert "Served worse, country: India. Micro-F1 0.552, 0.125 below the other titles (p 0.002)" in told
    assert "A letter swapped, dropped or doubled in one of ten words. Passed 171 of 200" in told
    assert "1970s" not in told


def test_a_model_without_fault_has_no_limits_of_its_own() -> None:
    record = synthetic_record(slices=[], robustness=[])
    sound = replace(
        record, genres=[replace(row, support=300, f1=0.8) for row in record.genres], scores={"micro_f1": 0.8}
    )
    assert limits(sound, manifest_of(sound)) == []


def test_data_that_changed_since_the_training_is_a_limit() -> None:
    record = synthetic_record()
    moved = replace(record, subject=replace(record.subject, evaluated_on=7))
    assert any("evaluated on 7" in line for line in limits(moved, manifest_of(moved)))


def test_the_interval_of_a_rate_is_wilsons() -> None:
    low, high = pass_interval(swap(100, 90))
    assert (low, high) == pytest.approx((0.8256, 0.9448), abs=1e-4)
    assert pass_interval(swap(0, 0)) == (0.0, 1.0)


@pytest.mark.parametrize(
    ("value", "text"), [(0.0, "< 0.001"), (0.0123, "0.012"), (0.31, "0.31"), (1.0, "1.00")]
)
def test_a_p_value_never_reads_as_nought(value: float, text: str) -> None:
    assert p_text(value) == text


def test_explanations_that_are_no_better_than_chance_are_said_to_be() -> None:
    sound = {"cases": 100, "drop_top": 0.2, "drop_random": 0.05, "difference_ci95": (0.1, 0.2), "larger": 0.9}
    assert "falls further" in telling.deletion_verdict(sound)
    assert "does not show" in telling.deletion_verdict(sound | {"difference_ci95": (-0.1, 0.2)})
    assert "does not show" in telling.deletion_verdict(sound | {"drop_random": 0.3})
    assert telling.deletion_verdict({"cases": 0, "drop_top": math.nan, "drop_random": math.nan}) == ""
    assert telling.deletion_verdict(None) == ""


def test_scores_that_are_not_defined_are_left_out_and_unknown_ones_come_last() -> None:
    lines = telling.score_lines(synthetic_record(scores={"ours": 0.1, "macro_f1": 0.5, "roc_auc": math.nan}))
    assert [(line.key, line.name) for line in lines] == [("macro_f1", "macro-F1"), ("ours", "ours")]
