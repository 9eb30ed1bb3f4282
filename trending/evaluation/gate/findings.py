"""What a rule found: a verdict, and the numbers that it stands on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from trending.evaluation.bootstrap import Interval

Verdict = Literal["pass", "fail", "not applicable"]


@dataclass(frozen=True)
class Check:
    """One number against its bound."""

    subject: str
    """`micro_f1`, `Comedy`, `platform=netflix`, ..."""
    measured: float | None
    """None: it was not measured, which does not pass."""
    bound: str
    """`>= 0.45`, as a person reads it."""
    passed: bool
    note: str = ""
    ci95: Interval | None = None


@dataclass(frozen=True)
class Finding:
    """What one rule of the policy found."""

    rule: str
    asks: str
    """What the rule asks for, in a sentence."""
    verdict: Verdict
    reason: str
    """Why it fails, or why it does not apply; empty where it passes."""
    checks: tuple[Check, ...] = ()


def judged(rule: str, asks: str, checks: Iterable[Check]) -> Finding:
    """Fails with its first failed checks as the reason; does not apply where there is nothing to check."""
    found = tuple(checks)
    failed = [check for check in found if not check.passed]
    if not found:
        return not_applicable(rule, asks, "there is nothing to judge by")
    if not failed:
        return Finding(rule, asks, "pass", "", found)
    shown = "; ".join(map(_told, failed[:3]))
    more = f"; and {len(failed) - 3} more" if len(failed) > 3 else ""
    return Finding(rule, asks, "fail", shown + more, found)


def not_applicable(rule: str, asks: str, reason: str) -> Finding:
    """The rule has nothing to say here."""
    return Finding(rule, asks, "not applicable", reason)


def at_least(subject: str, measured: float | None, floor: float, note: str = "") -> Check:
    """Not below the floor. What is nan or was not measured does not pass."""
    return Check(subject, measured, f">= {floor:g}", measured is not None and measured >= floor, note)


def at_most(subject: str, measured: float | None, ceiling: float, note: str = "") -> Check:
    """Not above the ceiling. What is nan or was not measured does not pass."""
    return Check(subject, measured, f"<= {ceiling:g}", measured is not None and measured <= ceiling, note)


def _told(check: Check) -> str:
    if check.measured is None:
        return f"{check.subject}: {check.note or 'not measured'}, wanted {check.bound}"
    interval = f" ({check.ci95[0]:+.4f} to {check.ci95[1]:+.4f})" if check.ci95 else ""
    note = f", {check.note}" if check.note else ""
    return f"{check.subject} {check.measured:.4g}{interval}, wanted {check.bound}{note}"
