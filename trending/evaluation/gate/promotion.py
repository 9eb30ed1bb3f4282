"""A candidate before the gate: judged, decided, recorded, and only then the champion."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from trending.errors import GateError
from trending.evaluation.audit import AuditLog, whoever
from trending.evaluation.gate.champion import APPROVE, DECISION_TAG, GATE_TAG, PROMOTE, Seat, seat
from trending.evaluation.gate.contenders import Contenders, contenders
from trending.evaluation.gate.decision import Decision, Outcome, read_decision, write_decision
from trending.evaluation.gate.facts import GateFacts
from trending.evaluation.gate.findings import Finding
from trending.evaluation.gate.policy import Policy, PolicyFile, load_policy
from trending.evaluation.gate.rules import judge, passes
from trending.models.bundle import code_revision, read_manifest, verify_files
from trending.models.registry import CODE_TAG, SNAPSHOT_TAG, resolve_model
from trending.progress import Report, silent
from trending.settings import Settings

NO_MOVE: Mapping[Outcome, str] = {"blocked": "block", "waiting": "wait", "overtaken": "overtake"}
"""What the audit log calls a decision after which the champion is who it was."""


class Collector(Protocol):
    """Measures what the rules look at: `trending.evaluation.gate.collect.collect_facts`."""

    def __call__(
        self, settings: Settings, who: Contenders, policy: Policy, *, snapshot: str | int, report: Report
    ) -> GateFacts:
        """Candidate, champion and baselines on the same titles."""
        ...


def promote(
    settings: Settings,
    word: str,
    *,
    policy_file: Path | None = None,
    require_approval: bool = False,
    snapshot: str | int = "latest",
    who: str | None = None,
    collect: Collector | None = None,
    report: Report = silent,
) -> Decision:
    """Judge the version that `word` names beside the champion of this moment; make it champion where it passes.

    The decision and its reasons are written under `reports/decisions/` and into the audit log, whatever they are. With
    `require_approval`, or where the policy asks for it, a candidate that passes waits for `approve`. Where another
    champion came in the meantime, the candidate is `overtaken`. Raises `PolicyError`, `RegistryError`, `GateError` or
    `BundleError` where it cannot be judged at all.
    """
    if collect is None:
        from trending.evaluation.gate.collect import collect_facts as collect

    policy = load_policy(settings, policy_file)
    who = who or whoever()
    parts = policy.policy
    judged = contenders(settings, word, parts.baselines.models if parts.baselines else ())
    facts = collect(settings, judged, parts, snapshot=snapshot, report=report)
    findings = judge(parts, facts)
    report("Deciding")
    waits = require_approval or parts.approval
    with seat(settings) as taken:
        outcome = _outcome(taken, judged, findings, waits=waits)
        decision = _decision(outcome, judged, facts, findings, policy, who)
        _carry_out(settings, taken, decision, PROMOTE, who=who)
    return decision


def approve(settings: Settings, word: str, *, who: str | None = None, why: str = "") -> Decision:
    """Make the candidate of a decision that waits the champion; returns the decision as it is now.

    Where the champion that it was judged against is not the champion any more, the candidate is `overtaken`. Raises
    `GateError` for a decision that does not wait, was changed since it was written, or whose bundle was.
    """
    who = who or whoever()
    with seat(settings) as taken:
        decision, sha256 = read_decision(settings, word)
        if decision.outcome != "waiting":
            raise GateError(f"Decision {decision.id} does not wait for anyone: {decision.outcome}.")
        _assert_as_written(settings, decision, sha256)
        _assert_same_bundle(settings, decision)
        judged_against = decision.champion.version if decision.champion else None
        overtaken = taken.champion != judged_against
        approved = replace(
            decision,
            outcome="overtaken" if overtaken else "promoted",
            decided_by=f"{decision.decided_by}, approved by {who}" + (f" ({why})" if why else ""),
        )
        _carry_out(settings, taken, approved, APPROVE, who=who)
    return approved


def _outcome(taken: Seat, judged: Contenders, findings: Sequence[Finding], *, waits: bool) -> Outcome:
    if not passes(findings):
        return "blocked"
    if taken.champion != (judged.champion.version if judged.champion else None):
        return "overtaken"
    return "waiting" if waits else "promoted"


def _decision(
    outcome: Outcome,
    judged: Contenders,
    facts: GateFacts,
    findings: Sequence[Finding],
    policy: PolicyFile,
    who: str,
) -> Decision:
    now = datetime.now(UTC)
    return Decision(
        id=f"{now:%Y%m%dT%H%M%S%f}-v{judged.candidate.version}",
        created_at=now.isoformat(timespec="seconds"),
        outcome=outcome,
        candidate=judged.candidate.party,
        champion=judged.champion.party if judged.champion else None,
        findings=tuple(findings),
        policy=policy.policy.name,
        policy_sha256=policy.sha256,
        gate_set=facts.gate_set,
        evaluations=facts.files,
        decided_by=f"policy {policy.policy.name}",
        asked_by=who,
        code_revision=code_revision(),
    )


def _carry_out(settings: Settings, taken: Seat, decision: Decision, move: str, *, who: str) -> None:
    """Record and page, audit record and, where the candidate passed, the alias; then tags."""
    sha256 = write_decision(settings, decision)
    version = decision.candidate.version
    facts = {
        "decision": decision.id,
        "decision_sha256": sha256,
        "outcome": decision.outcome,
        "policy": decision.policy,
        "policy_sha256": decision.policy_sha256,
        "digest": decision.candidate.digest,
        "decided_by": decision.decided_by,
    }
    if decision.outcome == "promoted":
        taken.move(version, move, facts, who=who)
    else:
        told = {"version": version, **facts, "reasons": decision.reasons}
        taken.record(NO_MOVE[decision.outcome], told, who=who)
    taken.tag(
        version,
        {
            GATE_TAG: decision.outcome,
            DECISION_TAG: decision.id,
            SNAPSHOT_TAG: str(decision.candidate.trained_on),
            CODE_TAG: decision.candidate.code_revision,
        },
    )


def _assert_as_written(settings: Settings, decision: Decision, sha256: str) -> None:
    """The audit log holds the SHA-256 of what was decided: nobody made a waiting decision of a blocked one."""
    log = AuditLog(settings.audit_dir)
    check = log.verify()
    if not check.sound:
        raise GateError(
            f"The audit log is not as it was written ({check.faults[0].what}), so it cannot vouch for decision "
            f"{decision.id}. `trending audit verify` says more."
        )
    written = [
        one.facts.get("decision_sha256") for one in log.records() if one.facts.get("decision") == decision.id
    ]
    if written[-1:] != [sha256]:
        raise GateError(
            f"Decision {decision.id} is not as it was written: its SHA-256 is not that in the audit log. Promote "
            "the candidate again."
        )


def _assert_same_bundle(settings: Settings, decision: Decision) -> None:
    folder = resolve_model(settings, decision.candidate.version).folder
    manifest, digest = read_manifest(folder)
    verify_files(folder, manifest)
    if digest != decision.candidate.digest:
        raise GateError(
            f"{folder}: not the bundle that decision {decision.id} is about (digest {digest[:12]}, judged "
            f"{decision.candidate.digest[:12]}). Promote the candidate again."
        )
