"""The facts as they are measured, with real models of few titles."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.evaluation.small_catalog import two_platforms
from trending.evaluation.gate.collect import collect_facts
from trending.evaluation.gate.contenders import contenders
from trending.evaluation.gate.facts import GateFacts
from trending.evaluation.gate.policy import Policy
from trending.evaluation.gate.promotion import promote
from trending.evaluation.record import read_record
from trending.features.documents import load_documents
from trending.progress import silent
from trending.settings import Settings
from trending.training.train import train

POLICY = Policy.model_validate({"name": "test", "baselines": {"models": ["prior", "xgboost"]}})


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Two platforms whose plots tell the genre, and `prior` as their champion."""
    settings = Settings(home=tmp_path_factory.mktemp("collect"))
    two_platforms(settings)
    train("prior", settings, alias="champion")
    return settings


def collected(home: Settings, version: str) -> GateFacts:
    who = contenders(home, version, ("prior", "xgboost"))
    return collect_facts(home, who, POLICY, snapshot="latest", report=silent)


def test_all_are_asked_about_the_same_untouched_titles(home: Settings) -> None:
    facts = collected(home, train("linear", home).version)
    snapshot = facts.gate_set.snapshot_id
    assert facts.gate_set.titles == len(load_documents(home, snapshot).subset("test").documents) == 60
    assert facts.champion is not None
    digests = {facts.candidate.subject.titles_digest, facts.champion.subject.titles_digest}
    assert digests == {facts.gate_set.digest}
    assert facts.gate_set.learnt == {"candidate": 0, "champion": 0, "prior": 0}
    assert set(facts.baselines) == {"prior"}, "a kind without a version is left to the rule"


def test_differences_are_those_of_the_records_with_intervals_around_them(home: Settings) -> None:
    facts = collected(home, train("linear", home).version)
    assert facts.champion is not None
    assert facts.against_champion is not None
    for name in ("micro_f1", "macro_f1", "map"):
        found = facts.against_champion.differences[name]
        assert found.value == pytest.approx(facts.candidate.scores[name] - facts.champion.scores[name])
        assert found.ci95[0] <= found.value <= found.ci95[1]
    assert facts.against_champion.differences["macro_f1"].ci95[0] > 0, (
        "a model that reads beats one that does not"
    )
    by_slice = {gap.slice: gap for gap in facts.slices}
    assert by_slice["platform=Netflix"].titles == by_slice["platform=Amazon"].titles == 30
    assert min(gap.difference for gap in facts.slices) > 0


def test_a_twin_of_the_champion_differs_in_nothing(home: Settings) -> None:
    facts = collected(home, train("prior", home).version)
    assert facts.against_champion is not None
    assert {found.value for found in facts.against_champion.differences.values()} == {0.0}
    assert {found.ci95 for found in facts.against_champion.differences.values()} == {(0.0, 0.0)}
    assert {gap.difference for gap in facts.slices} == {0.0}


def test_both_records_are_written_and_can_be_read(home: Settings) -> None:
    facts = collected(home, train("linear", home).version)
    assert set(facts.files) == {"candidate", "champion"}
    found = read_record(Path(facts.files["candidate"]))
    assert found.subject == facts.candidate.subject
    assert found.scores == dict(facts.candidate.scores)


def test_the_measured_facts_decide(home: Settings, tmp_path: Path) -> None:
    policy = tmp_path / "gate.yaml"
    policy.write_text("name: small\nbaselines: {models: [prior]}\nslices: {margin: 0.02}\n", encoding="utf-8")
    settings = home.model_copy(deep=True)
    linear, twin = train("linear", settings).version, train("linear", settings).version
    assert promote(settings, linear, policy_file=policy).outcome == "promoted"
    equal = promote(settings, twin, policy_file=policy)
    assert [finding.rule for finding in equal.findings if finding.verdict == "fail"] == [
        "better than the champion"
    ]
