"""Who answers a key: sticky, exact in expectation, and only towards the challenger as its weight grows."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest

from serve_app.contracts import TrafficPolicy
from serve_app.splitting import assign, hashed, ladder, position, shadow_of

KEYS = [f"client-{n}" for n in range(20_000)]
POLICY = TrafficPolicy(
    champion="3",
    champion_kind="bert",
    challenger="4",
    challenger_kind="bert",
    weight=0.2,
    shadow=0.5,
    fallbacks=(("xgboost", "2"), ("keyword", "1")),
)


def challenged(policy: TrafficPolicy) -> set[str]:
    return {key for key in KEYS if assign(policy, key).arm == "challenger"}


@pytest.mark.parametrize("weight", [0.0, 0.01, 0.1, 0.5, 1.0])
def test_the_challenger_gets_its_share_of_the_keys(weight: float) -> None:
    share = len(challenged(replace(POLICY, weight=weight))) / len(KEYS)
    assert share == pytest.approx(weight, abs=0.01)


def test_a_key_always_falls_on_the_same_side() -> None:
    assert challenged(POLICY) == challenged(POLICY)
    assert challenged(replace(POLICY, champion="9")) == challenged(POLICY)


def test_a_higher_weight_only_moves_keys_towards_the_challenger() -> None:
    steps = [challenged(replace(POLICY, weight=weight)) for weight in (0.0, 0.05, 0.25, 0.6, 1.0)]
    assert all(fewer < more for fewer, more in pairwise(steps))


def test_without_a_challenger_the_champion_answers_whatever_the_weight() -> None:
    policy = replace(POLICY, challenger=None, challenger_kind=None, weight=1.0, shadow=1.0)
    assert {assign(policy, key).version for key in KEYS[:100]} == {"3"}
    assert shadow_of(policy, assign(policy, "a"), "a") is None


def test_below_the_challenger_stand_the_champion_and_the_fallbacks_each_once() -> None:
    key = next(iter(challenged(POLICY)))
    rungs = ladder(POLICY, assign(POLICY, key))
    assert [(rung.arm, rung.version) for rung in rungs] == [
        ("challenger", "4"),
        ("fallback", "3"),
        ("fallback", "2"),
        ("fallback", "1"),
    ]
    champions = ladder(POLICY, assign(replace(POLICY, weight=0), key))
    assert [(rung.arm, rung.version) for rung in champions] == [
        ("champion", "3"),
        ("fallback", "2"),
        ("fallback", "1"),
    ]


def test_shadows_are_a_share_of_the_champions_keys_that_the_split_does_not_decide() -> None:
    mine = [key for key in KEYS if assign(POLICY, key).arm == "champion"]
    shadowed = [key for key in mine if shadow_of(POLICY, assign(POLICY, key), key)]
    assert len(shadowed) / len(mine) == pytest.approx(0.5, abs=0.02)
    assert all(shadow_of(POLICY, assign(POLICY, key), key) is None for key in challenged(POLICY))


def test_positions_are_uniform_and_keys_are_not_logged_as_they_are() -> None:
    places = [position(key, b"split") for key in KEYS]
    assert min(places) >= 0
    assert max(places) < 1
    assert sum(places) / len(places) == pytest.approx(0.5, abs=0.01)
    assert hashed("10.0.0.1") != "10.0.0.1"
    assert hashed("10.0.0.1") == hashed("10.0.0.1")
