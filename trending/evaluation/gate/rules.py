"""The rules: a policy and facts in, findings out. Nothing is measured, read or written here."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from trending.evaluation.gate.facts import GateFacts
from trending.evaluation.gate.findings import Check, Finding, at_least, at_most, judged, not_applicable
from trending.evaluation.gate.policy import Policy
from trending.evaluation.gate.rivals import beats_baselines, beats_champion, protected_slices, slices

Rule = Callable[[Policy, GateFacts], Finding]
NOT_ASKED = "the policy does not ask for it"


def judge(policy: Policy, facts: GateFacts) -> list[Finding]:
    """What each rule finds, in a fixed order. Every rule is always there."""
    return [rule(policy, facts) for rule in RULES]


def passes(findings: Sequence[Finding]) -> bool:
    """No rule fails."""
    return all(finding.verdict != "fail" for finding in findings)


def unseen_titles(policy: Policy, facts: GateFacts) -> Finding:
    """Nobody may have learnt from the gate set, and it must be large enough."""
    found = facts.gate_set
    checks = [
        at_most(f"works of the gate set learnt by the {who}", count, 0) for who, count in found.learnt.items()
    ]
    asks = "No model that is judged has learnt from the gate set, and the gate set has enough titles."
    return judged("gate set", asks, [at_least("titles", found.titles, policy.least_titles), *checks])


def same_titles(_policy: Policy, facts: GateFacts) -> Finding:
    """Candidate and champion were asked about the same titles."""
    asks = "Candidate and champion are judged on the same titles."
    if facts.champion is None:
        return not_applicable("same titles", asks, "there is no champion")
    titles = facts.gate_set.digest
    return judged(
        "same titles",
        asks,
        [
            Check(
                who,
                None,
                titles[:12],
                record.subject.titles_digest == titles,
                record.subject.titles_digest[:12],
            )
            for who, record in (("candidate", facts.candidate), ("champion", facts.champion))
        ],
    )


def floors(policy: Policy, facts: GateFacts) -> Finding:
    """Overall scores."""
    scores = facts.candidate.scores
    checks = [at_least(name, scores.get(name), floor) for name, floor in policy.floors.items()]
    asks = "Each overall score is at its floor or above."
    return judged("floors", asks, checks) if checks else not_applicable("floors", asks, NOT_ASKED)


def genre_floors(policy: Policy, facts: GateFacts) -> Finding:
    """Scores of single genres."""
    asks = "Each genre with enough titles is at its floor or above."
    part = policy.genres
    if part is None:
        return not_applicable("genres", asks, NOT_ASKED)
    rows = {row.genre: row for row in facts.candidate.genres}
    checks = [
        at_least(genre, getattr(row, part.score), part.floors.get(genre, part.floor), f"{row.support} titles")
        for genre, row in rows.items()
        if row.support >= part.least_titles
    ]
    unknown = [
        at_least(genre, None, floor, "no such genre")
        for genre, floor in part.floors.items()
        if genre not in rows
    ]
    return judged("genres", asks, [*unknown, *checks])


def calibration(policy: Policy, facts: GateFacts) -> Finding:
    """Whether probabilities can be taken at their word."""
    asks = "The calibration error is at its ceiling or below."
    part = policy.calibration
    if part is None:
        return not_applicable("calibration", asks, NOT_ASKED)
    record = facts.candidate
    errors = [row.calibration_error for row in record.genres if row.support >= part.least_titles]
    checks = []
    if part.error is not None:
        checks.append(at_most("calibration_error", record.scores.get("calibration_error"), part.error))
    if part.mean_genre_error is not None and errors:
        note = f"mean over {len(errors)} genres with {part.least_titles} titles or more"
        checks.append(
            at_most("genre calibration error", sum(errors) / len(errors), part.mean_genre_error, note)
        )
    return judged("calibration", asks, checks)


def robustness(policy: Policy, facts: GateFacts) -> Finding:
    """Whether answers bear changed texts."""
    asks = "Each robustness test is passed in enough of its cases."
    part = policy.robustness
    if part is None:
        return not_applicable("robustness", asks, NOT_ASKED)
    rows = {row.name: row for row in facts.candidate.robustness}
    wanted = {row.name: part.kinds[row.kind] for row in rows.values() if row.kind in part.kinds} | part.tests
    kinds = {row.kind for row in rows.values()}
    missing = [
        at_least(f"tests of {kind}", None, floor) for kind, floor in part.kinds.items() if kind not in kinds
    ]
    missing += [at_least(name, None, floor) for name, floor in part.tests.items() if name not in rows]
    checks = [
        at_least(name, rows[name].pass_rate, floor, f"{rows[name].passed} of {rows[name].cases} cases")
        for name, floor in wanted.items()
        if name in rows and rows[name].cases >= part.least_cases
    ]
    return judged("robustness", asks, [*missing, *checks])


def serving(policy: Policy, facts: GateFacts) -> Finding:
    """What answering costs."""
    asks = "Latency, memory and size are at their ceilings or below, throughput at its floor or above."
    if policy.serving is None:
        return not_applicable("serving", asks, NOT_ASKED)
    return judged("serving", asks, _costs(policy, facts))


def _costs(policy: Policy, facts: GateFacts) -> Iterator[Check]:
    part, cost = policy.serving, facts.candidate.cost
    for name, bound in part.model_dump(exclude_none=True).items() if part else ():
        measured = getattr(cost, name) if cost else None
        yield at_least(name, measured, bound) if name == "titles_per_s" else at_most(name, measured, bound)


RULES: tuple[Rule, ...] = (
    unseen_titles,
    same_titles,
    floors,
    genre_floors,
    beats_baselines,
    beats_champion,
    slices,
    protected_slices,
    calibration,
    robustness,
    serving,
)
