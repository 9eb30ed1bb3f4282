"""Champion, challenger, shadows and fallbacks on a real Serve, with tiny models that tell who answered."""

from __future__ import annotations

import json
import shutil

import pytest
from ray import serve

from serve_app.contracts import Answered
from serve_app.splitting import assign, hashed
from tests.serve_app.arena import Arena, new_version, tiny_bundle
from trending.models.registry import BUNDLE_TAG, REGISTERED_MODEL, open_client, set_alias

KEYS = [f"client-{n}" for n in range(40)]


def said(answered: Answered) -> float:
    return round(float(answered.classified.probabilities[0, 0]), 3)


@pytest.fixture(autouse=True)
def champion_alone(arena: Arena) -> str:
    """Before each test: a new champion that says 0.6, no challenger."""
    version = new_version(arena.settings, 0.6, alias="champion")
    arena.rules()
    return version


def test_the_champion_answers_and_says_who_it_is(arena: Arena, champion_alone: str) -> None:
    answered = arena.classify("a ghost", "a bank")
    assert answered.arm == "champion"
    assert answered.classified.probabilities.shape == (2, 3)
    assert answered.classified.model == arena.asking.champion.remote().result()
    card = answered.classified.model
    assert (card.kind, card.version, card.snapshot_id, card.max_reviews) == ("prior", champion_alone, "1", 2)
    assert [card.kind for card in arena.asking.cards.remote().result()] == ["prior", "keyword"]


def test_each_key_gets_the_arm_that_the_policy_gives_it(arena: Arena) -> None:
    challenger = new_version(arena.settings, 0.9)
    replica = serve.status().applications["arena"].deployments["Traffic"].replica_states
    policy = arena.rules(challenger=challenger, weight=0.5)
    answers = {key: arena.classify("a", key=key) for key in KEYS}
    assert {key: answer.arm for key, answer in answers.items()} == {
        key: assign(policy, key).arm for key in KEYS
    }
    assert {answer.arm: said(answer) for answer in answers.values()} == {"champion": 0.6, "challenger": 0.9}
    assert serve.status().applications["arena"].deployments["Traffic"].replica_states == replica


def test_answers_are_logged_with_who_gave_them_and_without_the_key(arena: Arena) -> None:
    arena.classify("a", "b", key="10.0.0.1", request_id="logged-1")
    found = arena.assignments(lambda log: any(one.request_id == "logged-1" for one in log))
    record = next(one for one in found if one.request_id == "logged-1")
    assert (record.arm, record.titles, record.key_hash) == ("champion", 2, hashed("10.0.0.1"))
    assert record.milliseconds > 0
    assert record.shadowed_by is None
    lines = [
        json.loads(line)
        for file in arena.settings.service_dir.glob("assignments-*.jsonl")
        for line in file.read_text(encoding="utf-8").splitlines()
    ]
    assert "logged-1" in {line["request_id"] for line in lines}
    assert "10.0.0.1" not in json.dumps(lines)


def test_a_shadow_is_asked_unseen_and_compared(arena: Arena) -> None:
    challenger = new_version(arena.settings, 0.1)
    arena.rules(challenger=challenger, weight=0, shadow=1)
    answered = arena.classify("a", "b", request_id="shadowed-1")
    assert (answered.arm, said(answered)) == ("champion", 0.6)
    found = arena.assignments(lambda log: any(one.request_id == "shadowed-1" for one in log))
    record = next(one for one in found if one.request_id == "shadowed-1")
    assert record.shadowed_by == challenger
    assert record.shadow_agreement == 0.0  # one assigns all genres, the other none


def test_what_cannot_be_loaded_does_not_answer_and_the_reason_is_told(
    arena: Arena, champion_alone: str
) -> None:
    broken = new_version(arena.settings, 0.8)
    folder = open_client(arena.settings).get_model_version(REGISTERED_MODEL, broken).tags[BUNDLE_TAG]
    (arena.settings.bundles_dir / folder / "stray.bin").write_bytes(b"?")
    set_alias(arena.settings, broken, "champion")
    policy = arena.refreshed()
    assert policy.champion == champion_alone
    assert "stray.bin" in " ".join(policy.faults)
    assert said(arena.classify("a")) == 0.6


def test_an_alias_that_is_gone_leaves_the_champion_where_it_is(arena: Arena, champion_alone: str) -> None:
    open_client(arena.settings).delete_registered_model_alias(REGISTERED_MODEL, "champion")
    policy = arena.refreshed()
    assert policy.champion == champion_alone
    assert "champion" in " ".join(policy.faults)


def test_the_next_rung_answers_where_the_arm_fails(arena: Arena) -> None:
    folder = arena.settings.bundles_dir / "unregistered"
    tiny_bundle(folder, 0.95)
    arena.rules(challenger=str(folder), weight=1)
    assert said(arena.classify("a")) == 0.95
    # Three versions more push it out of the replica, and its folder is gone: it cannot come back.
    shutil.rmtree(folder)
    policy = arena.policy()
    for says in (0.71, 0.72, 0.73):
        version = new_version(arena.settings, says, alias="champion")
        arena.refreshed()
    answered = arena.classify("a")
    assert (answered.arm, said(answered)) == ("fallback", 0.73)
    assert answered.classified.model.version == version
    assert policy.challenger == arena.policy().challenger


def test_words_that_decided_come_from_the_champion(arena: Arena) -> None:
    assert arena.asking.explain.remote("a ghost in a bank").result() == {
        "Comedy": [],
        "Drama": [],
        "Horror": [],
    }


def test_a_long_request_comes_back_whole_and_in_order(arena: Arena) -> None:
    answered = arena.classify(*[f"text {n}" for n in range(200)])
    assert answered.classified.probabilities.shape == (200, 3)
