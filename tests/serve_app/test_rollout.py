"""Another champion while requests come: each is answered, by the old one or by the new."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from serve_app.contracts import TrafficPolicy
from serve_app.rollout import Candidate, Candidates, next_policy
from tests.serve_app.arena import Arena, new_version
from trending.errors import ServiceError
from trending.settings import TrafficSettings

OLD, NEW = Candidate("bert", "1", "/b/1"), Candidate("bert", "2", "/b/2")
XGBOOST, KEYWORD = Candidate("xgboost", "3", "/b/3"), Candidate("keyword", "4", "/b/4")
RULES = TrafficSettings()


def policy_of(
    champion: Candidate | None,
    *loaded: Candidate,
    before: TrafficPolicy | None = None,
    challenger: Candidate | None = None,
    rules: TrafficSettings = RULES,
) -> TrafficPolicy:
    named = Candidates(champion, challenger, (OLD, XGBOOST, KEYWORD))
    return next_policy(before, named, rules, loaded=[one.version for one in loaded])


def test_fallbacks_are_of_other_kinds_than_the_champion() -> None:
    policy = policy_of(NEW, NEW, OLD, XGBOOST, KEYWORD)
    assert (policy.champion, policy.champion_kind) == ("2", "bert")
    assert policy.fallbacks == (("xgboost", "3"), ("keyword", "4"))
    assert policy.folders == {"2": "/b/2", "3": "/b/3", "4": "/b/4"}


def test_a_new_champion_that_does_not_load_leaves_the_old_one() -> None:
    before = policy_of(OLD, OLD, XGBOOST)
    assert policy_of(NEW, XGBOOST, before=before).champion == "1"
    assert policy_of(None, XGBOOST, before=before).champion == "1"


def test_at_the_start_a_fallback_takes_the_place_of_a_champion_that_does_not_load() -> None:
    policy = policy_of(NEW, XGBOOST, KEYWORD)
    assert (policy.champion, policy.champion_kind) == ("3", "xgboost")
    assert policy.fallbacks == (("keyword", "4"),)


def test_with_nothing_loaded_there_is_no_policy() -> None:
    with pytest.raises(ServiceError, match="No model"):
        policy_of(NEW)


def test_a_fallback_whose_replica_is_gone_keeps_its_place() -> None:
    before = policy_of(NEW, NEW, XGBOOST, KEYWORD)
    assert policy_of(NEW, NEW, before=before).fallbacks == before.fallbacks


def test_a_challenger_needs_a_rule_and_must_be_another_version() -> None:
    rules = TrafficSettings(challenger="challenger", weight=0.3, shadow=0.1)
    policy = policy_of(OLD, OLD, NEW, challenger=NEW, rules=rules)
    assert (policy.challenger, policy.weight, policy.shadow) == ("2", 0.3, 0.1)
    assert policy_of(OLD, OLD, before=policy, challenger=None, rules=rules).challenger == "2"
    assert policy_of(OLD, OLD, before=policy, rules=RULES).challenger is None
    promoted = policy_of(NEW, NEW, before=policy, challenger=NEW, rules=rules)
    assert (promoted.champion, promoted.challenger, promoted.weight) == ("2", None, 0.0)


def test_switching_the_champion_by_its_alias_loses_no_request(arena: Arena) -> None:
    first = new_version(arena.settings, 0.31, alias="champion")
    arena.rules()
    switched = threading.Event()

    def ask_until_switched(client: int) -> list[tuple[str, str, float]]:
        seen = []
        while not switched.is_set() or len(seen) < 20:
            answered = arena.classify("a", "b", key=f"client-{client}")
            model, row = answered.classified.model, answered.classified.probabilities[0]
            seen.append((answered.arm, model.version, round(float(row[0]), 2)))
        return seen

    with ThreadPoolExecutor(4) as pool:
        clients = [pool.submit(ask_until_switched, n) for n in range(4)]
        try:
            versions = [first]
            for says in (0.32, 0.33, 0.34):
                versions.append(new_version(arena.settings, says, alias="champion"))
                arena.refreshed()
        finally:
            switched.set()
        answers = [answer for client in clients for answer in client.result()]

    right = dict(zip(versions, (0.31, 0.32, 0.33, 0.34), strict=True))
    assert {arm for arm, _, _ in answers} == {"champion"}
    assert all(right[version] == says for _, version, says in answers)
    assert {version for _, version, _ in answers} == set(versions)
