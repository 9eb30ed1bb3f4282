"""The truth table of the gate: every rule alone blocks, and only what it is about."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from tests.evaluation.gate.cases import GOOD, STRICT, beside, gap, genre, good, record, with_candidate
from trending.evaluation.gate.facts import GateFacts, GateSet
from trending.evaluation.gate.policy import Policy
from trending.evaluation.gate.rules import RULES, judge, passes
from trending.evaluation.record import RobustnessRow, ServingCost

SCORES = dict(GOOD.candidate.scores)
SET = GOOD.gate_set
OTHERS = [one for one in GOOD.slices if one.slice != "kind=show"]
UNMEASURED_COST = ServingCost(10.0, float("nan"), 100.0, 300.0, 50.0, "two cores")

OTHER_TITLES = replace(record("1").subject, titles_digest="e")

BLOCKING = {
    "too few titles": ("gate set", good(gate_set=replace(SET, titles=99))),
    "candidate learnt a title": ("gate set", good(gate_set=replace(SET, learnt={"candidate": 1, "champion": 0}))),
    "champion learnt a title": ("gate set", good(gate_set=replace(SET, learnt={"candidate": 0, "champion": 3}))),
    "other titles": ("same titles", good(champion=record("1", subject=OTHER_TITLES))),
    "overall score too low": ("floors", with_candidate(scores=SCORES | {"micro_f1": 0.49})),
    "overall score is missing": ("floors", with_candidate(scores={"micro_f1": 0.6, "calibration_error": 0.02})),
    "overall score is nan": ("floors", with_candidate(scores=SCORES | {"map": float("nan")})),
    "genre below the floor of all": ("genres", with_candidate(genres=[genre("Comedy"), genre("Drama", f1=0.19)])),
    "genre below its own floor": ("genres", with_candidate(genres=[genre("Comedy", f1=0.39), genre("Drama")])),
    "genre of the policy is gone": ("genres", with_candidate(genres=[genre("Drama")])),
    "no better than a baseline": (
        "better than the baselines",
        good(baselines=dict(GOOD.baselines) | {"linear": beside("linear", 0.0, -0.02, 0.02)}),
    ),
    "better than a baseline by chance": (
        "better than the baselines",
        good(baselines=dict(GOOD.baselines) | {"linear": beside("linear", 0.02, -0.01, 0.05)}),
    ),
    "a baseline was never trained": (
        "better than the baselines",
        good(baselines={"prior": GOOD.baselines["prior"]}),
    ),
    "equal to the champion": (
        "better than the champion",
        good(against_champion=beside("xgboost", 0.0, 0.0, 0.0)),
    ),
    "better than the champion by chance": (
        "better than the champion",
        good(against_champion=beside("xgboost", 0.03, -0.01, 0.07)),
    ),
    "better than the champion by too little": (
        "better than the champion",
        good(against_champion=beside("xgboost", 0.0049, 0.004, 0.0058)),
    ),
    "worse than the champion": (
        "better than the champion",
        good(against_champion=beside("xgboost", -0.03, -0.05, -0.01)),
    ),
    "one slice much worse": ("slices", good(slices=(*GOOD.slices, gap("source=other", -0.1, -0.14, -0.06)))),
    "one protected slice worse": (
        "protected slices",
        good(slices=(*OTHERS, gap("kind=show", -0.03, -0.2, 0.1, p_value=1.0))),
    ),
    "one value of a protected attribute worse": (
        "protected slices",
        good(slices=(*GOOD.slices, gap("platform=other", -0.03, -0.2, 0.1, p_value=1.0))),
    ),
    "a protected slice has no titles": ("protected slices", good(slices=tuple(OTHERS))),
    "a protected slice has too few titles": (
        "protected slices",
        good(slices=(*OTHERS, gap("kind=show", 0.1, 0.0, 0.2, titles=29))),
    ),
    "calibration": ("calibration", with_candidate(scores=SCORES | {"calibration_error": 0.031})),
    "calibration of genres": (
        "calibration",
        with_candidate(genres=[genre("Comedy", calibration_error=0.07), genre("Drama", calibration_error=0.03)]),
    ),
    "a kind of robustness": (
        "robustness",
        with_candidate(
            robustness=[
                RobustnessRow("typos", "invariance", "", cases=100, passed=89),
                GOOD.candidate.robustness[1],
            ]
        ),
    ),
    "one robustness test": (
        "robustness",
        with_candidate(
            robustness=[
                GOOD.candidate.robustness[0],
                RobustnessRow("injected order", "injection", "", cases=100, passed=94),
            ]
        ),
    ),
    "robustness was not measured": ("robustness", with_candidate(robustness=[])),
    "too slow": ("serving", with_candidate(cost=ServingCost(10.0, 101.0, 100.0, 300.0, 50.0, "two cores"))),
    "too few titles a second": ("serving", with_candidate(cost=ServingCost(10.0, 40.0, 19.0, 300.0, 50.0, ""))),
    "too large": ("serving", with_candidate(cost=ServingCost(10.0, 40.0, 100.0, 300.0, 501.0, ""))),
    "cost is nan": ("serving", with_candidate(cost=UNMEASURED_COST)),
    "cost was not measured": ("serving", with_candidate(cost=None)),
}  # fmt: skip


def test_a_candidate_that_is_better_everywhere_passes_every_rule() -> None:
    findings = judge(STRICT, GOOD)
    assert [finding.verdict for finding in findings] == ["pass"] * len(RULES)
    assert passes(findings)


@pytest.mark.parametrize(("rule", "facts"), BLOCKING.values(), ids=BLOCKING)
def test_each_rule_alone_blocks(rule: str, facts: GateFacts) -> None:
    findings = judge(STRICT, facts)
    assert [finding.rule for finding in findings if finding.verdict != "pass"] == [rule]
    assert not passes(findings)
    (failed,) = [finding for finding in findings if finding.verdict == "fail"]
    assert failed.reason
    assert any(not check.passed for check in failed.checks)


def test_every_rule_is_in_the_truth_table() -> None:
    assert {rule for rule, _ in BLOCKING.values()} == {finding.rule for finding in judge(STRICT, GOOD)}


def test_a_candidate_that_is_better_on_the_whole_but_worse_on_a_protected_slice_is_blocked_for_that() -> None:
    worse = gap("kind=show", -0.021, -0.1, 0.05, p_value=1.0)
    facts = good(against_champion=beside("xgboost", 0.2, 0.18, 0.22), slices=(*OTHERS, worse))
    (failed,) = [finding for finding in judge(STRICT, facts) if finding.verdict == "fail"]
    assert failed.rule == "protected slices"
    assert "kind=show -0.021" in failed.reason


def test_a_slice_that_is_worse_by_chance_or_by_less_than_the_margin_does_not_block() -> None:
    chance = gap("decade=1990s", -0.2, -0.45, 0.05, p_value=0.2)
    corrected = gap("decade=1980s", -0.2, -0.3, -0.06, p_value=0.06)
    little = gap("source=other", -0.04, -0.049, -0.03)
    few = gap("country=Chad", -0.5, -0.6, -0.4, titles=29)
    assert passes(judge(STRICT, good(slices=(*GOOD.slices, chance, corrected, little, few))))


def test_without_a_champion_its_rules_do_not_apply_and_the_others_do() -> None:
    first = good(champion=None, against_champion=None, slices=())
    verdicts = {finding.rule: finding.verdict for finding in judge(STRICT, first)}
    beside_champion = {"same titles", "better than the champion", "slices", "protected slices"}
    assert {rule for rule, verdict in verdicts.items() if verdict == "not applicable"} == beside_champion
    low = replace(first, candidate=replace(first.candidate, scores=SCORES | {"map": 0.1}))
    assert not passes(judge(STRICT, low))


def test_what_a_policy_leaves_out_is_not_asked_for_but_an_equal_candidate_never_replaces() -> None:
    bare = Policy(name="bare")
    hopeless = with_candidate(scores={}, genres=[], robustness=[], cost=None)
    assert passes(judge(bare, hopeless))
    equal = replace(hopeless, against_champion=beside("xgboost", 0.0, 0.0, 0.0))
    assert not passes(judge(bare, equal))


def test_a_baseline_is_not_measured_against_its_own_kind() -> None:
    subject = replace(GOOD.candidate.subject, model="linear")
    facts = good(
        candidate=replace(GOOD.candidate, subject=subject), baselines={"prior": GOOD.baselines["prior"]}
    )
    assert passes(judge(STRICT, facts))


def test_less_confidence_is_the_policys_choice() -> None:
    lenient = STRICT.model_copy(update={"champion": STRICT.champion.model_copy(update={"confident": False})})
    by_chance = good(against_champion=beside("xgboost", 0.03, -0.01, 0.07))
    assert passes(judge(lenient, by_chance))
    assert not passes(judge(lenient, good(against_champion=beside("xgboost", 0.0, -0.01, 0.01))))


def test_the_gate_set_names_who_learnt_from_it() -> None:
    facts = good(gate_set=GateSet(7, 400, SET.digest, {"candidate": 0, "champion": 2, "linear": 0}))
    (failed,) = [finding for finding in judge(STRICT, facts) if finding.verdict == "fail"]
    assert "learnt by the champion 2" in failed.reason


def test_findings_are_plain_data() -> None:
    from dataclasses import asdict

    assert json.loads(json.dumps([asdict(finding) for finding in judge(STRICT, GOOD)]))
