"""Who answers a request key: a pure function of the key and the policy, the same in every process."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b

from serve_app.contracts import Arm, TrafficPolicy

SPLIT, SHADOW = b"split", b"shadow"
KEY_HASH_BYTES = 8


@dataclass(frozen=True)
class Assigned:
    """A version, its kind, and why it answers."""

    arm: Arm
    kind: str
    version: str


def assign(policy: TrafficPolicy, key: str) -> Assigned:
    """The arm of `key`. A key stays where it is; a higher weight only moves keys to the challenger."""
    if policy.challenger and policy.challenger_kind and position(key, SPLIT) < policy.weight:
        return Assigned("challenger", policy.challenger_kind, policy.challenger)
    return Assigned("champion", policy.champion_kind, policy.champion)


def ladder(policy: TrafficPolicy, first: Assigned) -> list[Assigned]:
    """What is asked in turn: the arm of the key, and where that fails the champion and the fallbacks."""
    below = [(policy.champion_kind, policy.champion), *policy.fallbacks]
    rungs = [Assigned("fallback", kind, version) for kind, version in below]
    return [first, *(rung for rung in rungs if rung.version != first.version)]


def shadow_of(policy: TrafficPolicy, first: Assigned, key: str) -> Assigned | None:
    """The challenger, where it answers this key of the champion's as well, unseen."""
    if first.arm != "champion" or not policy.challenger or not policy.challenger_kind:
        return None
    if position(key, SHADOW) >= policy.shadow:
        return None
    return Assigned("challenger", policy.challenger_kind, policy.challenger)


def position(key: str, purpose: bytes) -> float:
    """Where `key` lies in [0, 1): uniform over keys, independent between purposes."""
    digest = blake2b(key.encode(), digest_size=8, person=purpose).digest()
    # 53 bits are what a float holds exactly, so that the result is never rounded up to 1.
    return (int.from_bytes(digest, "big") >> 11) / 2**53


def hashed(key: str) -> str:
    """The key as it is logged: a request key may be an address or a name."""
    return blake2b(key.encode(), digest_size=KEY_HASH_BYTES, person=b"log").hexdigest()
