"""The record of a decision: what was asked, what was found, who decided. As JSON for machines, Markdown for people."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from trending.errors import GateError
from trending.evaluation.gate.facts import GateSet
from trending.evaluation.gate.findings import Check, Finding
from trending.settings import Settings

FORMAT = 1
RECORD, PAGE = "decision.json", "decision.md"
Outcome = Literal["promoted", "blocked", "waiting", "overtaken"]
"""`waiting`: passed, and waits for `trending approve`. `overtaken`: passed, but the champion it was judged against
was not the champion any more."""

_TOLD: Mapping[Outcome, str] = {
    "promoted": "The candidate passed and is the champion.",
    "blocked": "The candidate does not serve.",
    "waiting": "The candidate passed. It waits for a person: `trending approve {id}`.",
    "overtaken": "The candidate passed, but another champion came first. Promote it again to be judged against that.",
}


@dataclass(frozen=True)
class Party:
    """One of the two models of a decision."""

    version: str
    model: str
    digest: str
    run_id: str | None
    trained_on: int
    """Snapshot."""
    code_revision: str


@dataclass(frozen=True)
class Decision:
    """One candidate before the gate."""

    id: str
    created_at: str
    """ISO 8601, UTC."""
    outcome: Outcome
    candidate: Party
    champion: Party | None
    """That it was judged against."""
    findings: tuple[Finding, ...]
    policy: str
    policy_sha256: str
    gate_set: GateSet
    evaluations: Mapping[str, str]
    """Records of the evaluation of candidate and champion."""
    decided_by: str
    """`policy laptop`, and the person who approved where one did."""
    asked_by: str
    code_revision: str
    """Of the gate."""
    format: int = FORMAT

    @property
    def reasons(self) -> list[str]:
        """Why it is blocked: a sentence for each rule that fails."""
        return [f"{one.rule}: {one.reason}" for one in self.findings if one.verdict == "fail"]

    @property
    def told(self) -> str:
        """The outcome in a sentence."""
        return _TOLD[self.outcome].format(id=self.id)

    def as_json(self) -> dict[str, Any]:
        """Plain values, the reasons with them."""
        return {**asdict(self), "reasons": self.reasons}


def write_decision(settings: Settings, decision: Decision) -> str:
    """Write the record and its page under `reports/decisions/`; returns the SHA-256 of the record."""
    folder = settings.decisions_dir / decision.id
    folder.mkdir(parents=True, exist_ok=True)
    data = (json.dumps(asdict(decision), indent=1, ensure_ascii=False) + "\n").encode(
        "utf-8", "surrogatepass"
    )
    (folder / RECORD).write_bytes(data)
    (folder / PAGE).write_text(page(decision), encoding="utf-8")
    return hashlib.sha256(data).hexdigest()


def read_decision(settings: Settings, word: str) -> tuple[Decision, str]:
    """The decision whose id is, or starts with, `word`, or that of a version (`v7`: the newest); and its SHA-256.

    Raises `GateError` where there is none or more than one.
    """
    names = sorted(path.parent.name for path in settings.decisions_dir.glob(f"*/{RECORD}"))
    found = [name for name in names if name == word] or [
        name for name in names if word and name.startswith(word)
    ]
    if word.startswith("v"):
        found = found or [name for name in names if name.endswith(f"-{word}")][-1:]
    if len(found) != 1:
        known = ", ".join(names[-5:]) or "none yet"
        raise GateError(f"{word!r} names {len(found) or 'no'} decision(s). The newest: {known}.")
    path = settings.decisions_dir / found[0] / RECORD
    data = path.read_bytes()
    return _parsed(path, data), hashlib.sha256(data).hexdigest()


def _parsed(path: Path, data: bytes) -> Decision:
    try:
        found = json.loads(data)
        if found["format"] != FORMAT:
            raise GateError(f"{path}: format {found['format']!r}, but this version reads {FORMAT}.")
        return Decision(
            **{
                **found,
                "candidate": Party(**found["candidate"]),
                "champion": Party(**found["champion"]) if found["champion"] else None,
                "findings": tuple(_finding(one) for one in found["findings"]),
                "gate_set": GateSet(**found["gate_set"]),
            }
        )
    except (ValueError, KeyError, TypeError) as error:
        raise GateError(f"{path}: not a decision: {error}") from error


def _finding(found: Mapping[str, Any]) -> Finding:
    checks = tuple(
        Check(**{**one, "ci95": tuple(one["ci95"]) if one["ci95"] else None}) for one in found["checks"]
    )
    return Finding(**{**found, "checks": checks})


def page(decision: Decision) -> str:
    """The decision in Markdown: failed rules first in words, then every rule with its numbers."""
    one, other = decision.candidate, decision.champion
    against = f"version {other.version} ({other.model})" if other else "no champion"
    lines = [
        f"# {decision.outcome.capitalize()}: version {one.version} ({one.model}) against {against}",
        "",
        decision.told,
        "",
        *(f"- **{reason}**" for reason in decision.reasons),
        *([""] if decision.reasons else []),
        f"Decided by {decision.decided_by}, asked by {decision.asked_by}, {decision.created_at}. "
        f"Policy `{decision.policy_sha256[:12]}`, gate set of {decision.gate_set.titles:,} titles "
        f"(`{decision.gate_set.digest[:12]}`) of snapshot `{decision.gate_set.snapshot_id}`, "
        f"code `{decision.code_revision}`.",
        "",
        "| | version | kind | digest | trained on | code | run |",
        "| --- | --- | --- | --- | --- | --- | --- |",
        *(_party(name, who) for name, who in (("candidate", one), ("champion", other)) if who),
    ]
    for finding in decision.findings:
        lines += ["", f"## {finding.rule}: {finding.verdict}", "", finding.asks]
        if finding.verdict == "not applicable":
            lines += ["", f"Not applicable: {finding.reason}."]
        lines += ["", *_table(finding.checks)] if finding.checks else []
    return "\n".join(lines) + "\n"


def _party(name: str, who: Party) -> str:
    return (
        f"| {name} | {who.version} | {who.model} | `{who.digest[:12]}` | `{who.trained_on}` | `{who.code_revision}` "
        f"| `{(who.run_id or '')[:12]}` |"
    )


def _table(checks: tuple[Check, ...]) -> list[str]:
    """Failed checks first."""
    rows = [
        f"| {_cell(one.subject)} | {'' if one.measured is None else f'{one.measured:.4g}'} "
        f"| {f'{one.ci95[0]:+.4f} to {one.ci95[1]:+.4f}' if one.ci95 else ''} | {one.bound} "
        f"| {'pass' if one.passed else '**fail**'} | {_cell(one.note)} |"
        for one in sorted(checks, key=lambda one: one.passed)
    ]
    return ["| of | measured | 95% interval | wanted | | |", "| --- | ---: | --- | --- | --- | --- |", *rows]


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
