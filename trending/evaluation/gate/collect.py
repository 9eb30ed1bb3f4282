"""The facts, measured: candidate, champion and baselines on the same titles, by the evaluation's own functions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from trending.catalog.snapshots import resolve_snapshot
from trending.errors import GateError
from trending.evaluation.bootstrap import Draws, Predictions, differences, draw_scores, intervals
from trending.evaluation.gate.contenders import Contender, Contenders
from trending.evaluation.gate.facts import Comparison, Difference, GateFacts, GateSet, SliceGap
from trending.evaluation.gate.gate_set import learnt_from
from trending.evaluation.gate.policy import Policy
from trending.evaluation.metrics import Scores, scores
from trending.models.bundle import Bundle, load_bundle
from trending.progress import Report
from trending.settings import Settings

if TYPE_CHECKING:
    from trending.evaluation.assembly import Questions
    from trending.evaluation.record import EvaluationRecord
    from trending.features.documents import DocumentSet

CANDIDATE, CHAMPION = "candidate", "champion"


@dataclass(frozen=True)
class _Answered:
    """One contender's answers, and what they score."""

    who: Contender
    bundle: Bundle
    answer: Predictions
    scores: Scores
    draws: Draws


def collect_facts(
    settings: Settings, who: Contenders, policy: Policy, *, snapshot: str | int, report: Report
) -> GateFacts:
    """Everything that the rules look at. The records of candidate and champion are written, as by `trending evaluate`.

    Robustness and the cost of serving are measured where the policy asks for them, of the candidate. Raises
    `GateError` where the two cannot be compared, `BundleError` for a damaged bundle, `SnapshotError` where there are
    no such data.
    """
    from trending.evaluation.assembly import make_questions

    named = {CANDIDATE: who.candidate, **({CHAMPION: who.champion} if who.champion else {}), **who.baselines}
    snapshot_id = resolve_snapshot(settings, snapshot)
    titles = _titles(settings, load_bundle(who.candidate.resolved.folder), who.candidate, snapshot_id)
    questions = make_questions(settings, titles, full=policy.full)
    found = _answers(settings, named, titles, report=report)
    candidate, champion = found[CANDIDATE], found.get(CHAMPION)
    records = {
        name: _record(settings, found[name], questions, full=policy.full and name == CANDIDATE, report=report)
        for name in (CANDIDATE, CHAMPION)
        if name in found
    }
    return GateFacts(
        candidate=records[CANDIDATE],
        champion=records.get(CHAMPION),
        against_champion=_comparison(candidate, champion) if champion else None,
        slices=_slice_gaps(settings, questions, candidate, champion) if champion else (),
        baselines={kind: _comparison(candidate, found[kind]) for kind in who.baselines},
        gate_set=GateSet(
            snapshot_id=snapshot_id,
            titles=len(titles.documents),
            digest=records[CANDIDATE].subject.titles_digest,
            learnt={
                name: learnt_from(settings, one.manifest, titles.title_keys) for name, one in named.items()
            },
        ),
        files=_written(settings, records),
    )


def _answers(
    settings: Settings, named: Mapping[str, Contender], titles: DocumentSet, *, report: Report
) -> dict[str, _Answered]:
    from trending.evaluation.evaluate import predictions

    bundles, answers = {}, {}
    for name, one in named.items():
        report(f"{name.capitalize()}: version {one.version} ({one.manifest.model})")
        bundle = load_bundle(one.resolved.folder)
        if tuple(bundle.model.genres) != titles.genres:
            raise GateError(f"Version {one.version} knows other genres than the catalogue. Train it anew.")
        mine = _titles(settings, bundle, named[CANDIDATE], titles.snapshot_id)
        bundles[name], answers[name] = bundle, predictions(bundle, mine, settings)
    report("Bootstrap intervals")
    drawn = draw_scores(
        titles.labels,
        list(answers.values()),
        samples=settings.train.bootstrap_samples,
        seed=settings.train.seed,
    )
    return {
        name: _Answered(
            named[name],
            bundles[name],
            answer,
            scores(titles.labels, answer.chosen, answer.probabilities, titles.genres),
            draws,
        )
        for (name, answer), draws in zip(answers.items(), drawn, strict=True)
    }


def _titles(settings: Settings, bundle: Bundle, candidate: Contender, snapshot_id: int) -> DocumentSet:
    """The gate set: the candidate's test titles, as the documents that this bundle would be asked about."""
    from trending.evaluation.evaluate import held_out_titles

    manifest = replace(bundle.manifest, time_split=candidate.manifest.time_split)
    return held_out_titles(settings, replace(bundle, manifest=manifest), snapshot_id)


def _record(
    settings: Settings, one: _Answered, questions: Questions, *, full: bool, report: Report
) -> EvaluationRecord:
    from trending.evaluation.assembly import assemble_record

    figures = (one.scores, intervals(one.draws))
    asked = replace(questions, full=full)
    return assemble_record(settings, one.bundle, one.who.resolved, asked, one.answer, figures, report=report)


def _comparison(candidate: _Answered, other: _Answered) -> Comparison:
    spans = differences(candidate.draws, other.draws)
    mine, its = candidate.scores, other.scores
    return Comparison(
        model=other.who.manifest.model,
        version=other.who.version,
        digest=other.who.digest,
        differences={
            name: Difference(getattr(mine, name) - getattr(its, name), span)
            for name, span in spans.items()
            if hasattr(mine, name)
        },
    )


def _slice_gaps(
    settings: Settings, questions: Questions, candidate: _Answered, champion: _Answered
) -> tuple[SliceGap, ...]:
    from trending.evaluation.slices import slice_differences

    found = slice_differences(
        questions.slices,
        questions.titles.labels,
        candidate.answer,
        champion.answer,
        samples=settings.train.bootstrap_samples,
        seed=settings.train.seed,
    )
    return tuple(SliceGap(one.slice, one.titles, one.difference, one.ci95, one.p_value) for one in found)


def _written(settings: Settings, records: Mapping[str, EvaluationRecord]) -> dict[str, str]:
    from trending.evaluation.assembly import record_path

    files = {}
    for name, record in records.items():
        path = record_path(settings, record)
        record.write(path)
        files[name] = str(path)
    return files
