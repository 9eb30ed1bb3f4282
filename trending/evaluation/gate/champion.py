"""The alias `champion`, and the only code that moves it: one process at a time, and never without a record."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from trending.errors import GateError
from trending.evaluation.audit import AuditCheck, AuditFault, AuditLog, AuditRecord
from trending.models.bundle import read_manifest, verify_files
from trending.models.registry import CHAMPION, REGISTERED_MODEL, open_client, read_registry
from trending.settings import Settings

PREVIOUS = "previous"
"""Alias of the version that `trending rollback` restores."""
AUDIT_TAG = "trending.audit_head"
"""Of the registered model: the newest digest of the audit log, kept where the log's folder is not."""
GATE_TAG, DECISION_TAG = "trending.gate", "trending.decision"
APPOINT, PROMOTE, APPROVE, ROLLBACK = "appoint", "promote", "approve", "rollback"
_MOVES = (APPOINT, PROMOTE, APPROVE, ROLLBACK)
"""What the audit log calls the ways to a new champion."""
LOCK = "promotion.lock"


class Seat:
    """The champion's seat, while nobody else can touch it."""

    def __init__(self, settings: Settings) -> None:
        """Under the lock of `seat`."""
        self._settings = settings
        self._log = AuditLog(settings.audit_dir)
        self._client = open_client(settings)

    @property
    def champion(self) -> str | None:
        """The version that has the alias now."""
        return read_registry(self._settings).aliases.get(CHAMPION)

    def record(self, action: str, facts: Mapping[str, Any], *, who: str | None) -> AuditRecord:
        """Into the audit log, its digest into the registry."""
        record = self._log.append(action, facts, who=who)
        self._client.set_registered_model_tag(REGISTERED_MODEL, AUDIT_TAG, record.digest)
        return record

    def move(self, version: str, action: str, facts: Mapping[str, Any], *, who: str | None) -> AuditRecord:
        """Make `version` the champion. The record comes first: a crash leaves a log that the registry contradicts,
        which `check_audit` finds, and never a champion without a record."""
        before = self.champion
        record = self.record(action, {"version": version, "before": before, **facts}, who=who)
        earlier = _earlier(champions(self._log.records()), version)
        if earlier:
            self._client.set_registered_model_alias(REGISTERED_MODEL, PREVIOUS, earlier)
        elif PREVIOUS in read_registry(self._settings).aliases:
            self._client.delete_registered_model_alias(REGISTERED_MODEL, PREVIOUS)
        self._client.set_registered_model_alias(REGISTERED_MODEL, CHAMPION, version)
        return record

    def tag(self, version: str, tags: Mapping[str, str]) -> None:
        """Onto a version of the registry."""
        for name, value in tags.items():
            self._client.set_model_version_tag(REGISTERED_MODEL, version, name, value)


@contextmanager
def seat(settings: Settings) -> Iterator[Seat]:
    """One process at a time, of those that share the home. Others wait."""
    from filelock import FileLock

    settings.root.mkdir(parents=True, exist_ok=True)
    with FileLock(settings.root / LOCK):
        yield Seat(settings)


@dataclass(frozen=True)
class Rollback:
    """What a rollback did."""

    version: str
    """The champion now."""
    before: str | None
    record: AuditRecord


def rollback(settings: Settings, *, to: str | None = None, why: str = "", who: str | None = None) -> Rollback:
    """Make the champion before this one the champion again; `to` names an older one.

    Where the alias was moved without the gate, the last champion of the audit log comes back. Raises `GateError` where
    there was no other champion, `BundleError` where its bundle is damaged.
    """
    with seat(settings) as taken:
        registry = read_registry(settings)
        now = taken.champion
        past = champions(AuditLog(settings.audit_dir).records())
        target = _target(past, now, to) or (registry.aliases.get(PREVIOUS) if to is None else None)
        if target is None or target == now:
            wanted = (
                f"Version {to} was never champion before this one" if to else "There is no earlier champion"
            )
            raise GateError(f"{wanted}. Champions so far: {', '.join(past) or 'none'}.")
        folder = registry.resolve(target).folder
        verify_files(folder, read_manifest(folder)[0])
        record = taken.move(target, ROLLBACK, {"why": why}, who=who)
        if now:
            taken.tag(now, {GATE_TAG: "rolled back"})
        return Rollback(target, now, record)


def appoint(settings: Settings, version: str, *, who: str | None = None) -> None:
    """Make a version the first champion, without the gate: there is nothing to compare it with. The log says so.

    Raises `GateError` where there is a champion.
    """
    with seat(settings) as taken:
        assert_vacant(settings)
        taken.move(version, APPOINT, {"gate": "not asked: there was no champion"}, who=who)
        taken.tag(version, {GATE_TAG: "not asked"})


def assert_vacant(settings: Settings) -> None:
    """Raise `GateError` where there is a champion."""
    champion = read_registry(settings).aliases.get(CHAMPION)
    if champion is not None:
        raise GateError(
            f"Version {champion} is the champion. Another must pass the gate: leave `--alias champion` out, then "
            "`trending promote VERSION`."
        )


def champions(records: Sequence[AuditRecord]) -> list[str]:
    """Who was champion before whom, the last one now; what was rolled back is left out."""
    found: list[str] = []
    for record in records:
        if record.action not in _MOVES:
            continue
        version, before = record.facts["version"], record.facts["before"]
        if record.action == ROLLBACK and version in found:
            found = found[: len(found) - found[::-1].index(version)]
            continue
        if before and found[-1:] != [before]:
            found.append(before)
        found.append(version)
    return found


def check_audit(settings: Settings, *, expected: str | None = None) -> AuditCheck:
    """`AuditLog.verify`, and whether the registry agrees: its digest is in the log, its champion the log's last."""
    log = AuditLog(settings.audit_dir)
    client = open_client(settings)
    models = client.search_registered_models(f"name = '{REGISTERED_MODEL}'")
    kept = models[0].tags.get(AUDIT_TAG) if models else None
    checks = [log.verify(expected=one) for one in (kept, expected)]
    faults = list(dict.fromkeys(fault for check in checks for fault in check.faults))
    if not faults and checks[0].records:
        last = champions(log.records())[-1:]
        now = read_registry(settings).aliases.get(CHAMPION)
        if last and now != last[0]:
            what = f"the champion is version {now}, but the log's last champion is version {last[0]}: not by the gate"
            faults.append(AuditFault(checks[0].records, what))
    return AuditCheck(checks[0].records, checks[0].head, tuple(faults))


def _earlier(past: Sequence[str], version: str) -> str | None:
    """Whom a rollback from `version` would restore."""
    return past[-2] if len(past) > 1 and past[-1] == version else None


def _target(past: Sequence[str], now: str | None, to: str | None) -> str | None:
    earlier = past[:-1] if past[-1:] == [now] else past
    if to is not None:
        return to.removeprefix("v") if to.removeprefix("v") in earlier else None
    return earlier[-1] if earlier else None
