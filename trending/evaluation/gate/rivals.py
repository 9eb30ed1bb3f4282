"""The rules that set the candidate beside other models: baselines, and the champion, overall and on slices."""

from __future__ import annotations

from fnmatch import fnmatchcase

from trending.evaluation.gate.facts import Comparison, GateFacts, SliceGap
from trending.evaluation.gate.findings import Check, Finding, at_least, judged, not_applicable
from trending.evaluation.gate.policy import Better, Policy

NO_CHAMPION = "there is no champion"


def beats_champion(policy: Policy, facts: GateFacts) -> Finding:
    """A candidate that is as good as the champion does not replace it."""
    part = policy.champion
    asks = f"The candidate is better than the champion in {part.score}{_how(part)}."
    if facts.against_champion is None:
        return not_applicable("better than the champion", asks, NO_CHAMPION)
    return judged("better than the champion", asks, [_better(part, "champion", facts.against_champion)])


def beats_baselines(policy: Policy, facts: GateFacts) -> Finding:
    """Models that are simple enough to be no achievement."""
    part = policy.baselines
    if part is None:
        return not_applicable(
            "better than the baselines", "The candidate beats every baseline.", "not asked for"
        )
    asks = f"The candidate is better than every baseline in {part.score}{_how(part)}."
    kind = facts.candidate.subject.model
    checks = [
        _better(part, name, facts.baselines[name])
        if name in facts.baselines
        else Check(name, None, _bound(part), False, f"not registered: `trending train {name}`")
        for name in part.models
        if name != kind
    ]
    return judged("better than the baselines", asks, checks)


def slices(policy: Policy, facts: GateFacts) -> Finding:
    """Better on the whole is no excuse for much worse somewhere."""
    part = policy.slices
    asks = "No slice is worse than the champion's by more than the margin, with confidence."
    if part is None or facts.champion is None:
        return not_applicable("slices", asks, NO_CHAMPION if part else "not asked for")
    checks = [
        Check(
            gap.slice,
            gap.difference,
            f">= -{part.margin:g}, or by chance",
            not (gap.ci95[1] < -part.margin and gap.p_value < part.p_value),
            f"{gap.titles} titles, p = {gap.p_value:.3g}",
            gap.ci95,
        )
        for gap in facts.slices
        if gap.titles >= part.least_titles
    ]
    return judged("slices", asks, checks)


def protected_slices(policy: Policy, facts: GateFacts) -> Finding:
    """Slices where the candidate has to show that it is not worse."""
    part = policy.protected
    asks = "No protected slice is worse than the champion's by more than the margin, chance or not."
    if part is None or facts.champion is None:
        return not_applicable("protected slices", asks, NO_CHAMPION if part else "not asked for")
    checks = []
    for name in part.slices:
        found = [gap for gap in _named(name, facts) if gap.titles >= part.least_titles]
        if not found and part.required:
            checks.append(at_least(name, None, -part.margin, f"fewer than {part.least_titles} titles"))
        checks += [
            Check(
                gap.slice,
                gap.difference,
                f">= {-part.margin:g}",
                gap.difference >= -part.margin,
                f"{gap.titles} titles",
                gap.ci95,
            )
            for gap in found
        ]
    return judged("protected slices", asks, checks)


def _named(pattern: str, facts: GateFacts) -> list[SliceGap]:
    return [gap for gap in facts.slices if fnmatchcase(gap.slice, pattern)]


def _better(part: Better, who: str, found: Comparison) -> Check:
    difference = found.differences.get(part.score)
    if difference is None:
        return Check(who, None, _bound(part), False)
    clear = difference.ci95[0] if part.confident else difference.value
    version = f"version {found.version}" if found.version else found.digest[:12]
    note = f"{found.model}, {version}"
    passed = difference.value > part.by and clear > part.by
    return Check(who, difference.value, _bound(part), passed, note, difference.ci95)


def _bound(part: Better) -> str:
    return f"> {part.by:g}" + (" with its whole interval" if part.confident else "")


def _how(part: Better) -> str:
    by = f" by more than {part.by:g}" if part.by else ""
    return by + (", with 95% confidence" if part.confident else "")
