"""How often the answers bear what should not change them, and follow what should.

What counts as a pass, with the genres assigned by the bundle's thresholds before and after:

- `invariance`: the two sets of genres have at least half of their union in common (Jaccard index), and the genre that
  was most probable, if it was assigned, is still assigned.
- `direction`, of a genre that the answer has: its probability falls by no more than `TOLERANCE`. Of one that the
  answer does not have: its probability rises by at least `LEAST_RISE`.
- `injection`: the genre that the order names is not assigned.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Any

import numpy as np

from trending.catalog.language import ENGLISH
from trending.evaluation.perturbations import Perturbation, all_perturbations
from trending.evaluation.record import RobustnessRow
from trending.features.document import split_document
from trending.progress import Report, silent

if TYPE_CHECKING:
    import numpy.typing as npt
    import pandas as pd

    from trending.features.documents import DocumentSet
    from trending.models.base import Probabilities
    from trending.models.bundle import Bundle

CASES = 100
TOLERANCE = 0.05
LEAST_RISE = 0.02
LEAST_IN_COMMON = 0.5
MAX_FAILURES = 10
SHOWN_CHARS = 320

PASSES = {
    "invariance": "the most probable genre stays, and at least half of all genres of both answers are common",
    "direction": f"a genre falls by at most {TOLERANCE}, or rises by at least {LEAST_RISE}",
    "injection": "the named genre is not assigned",
}
"""What a pass is, for a reader of the figures."""


@dataclass(frozen=True)
class _Case:
    title_id: str
    genre: int | None
    """Column of the genre that the change is about."""
    before: npt.NDArray[np.float32]
    document: str
    shown: str
    """The changed plot, or what is around its first change."""


def check_robustness(
    bundle: Bundle,
    titles: DocumentSet,
    facts: pd.DataFrame | None = None,
    *,
    cases: int = CASES,
    seed: int = 0,
    report: Report = silent,
) -> list[RobustnessRow]:
    """One row a change, each on up to `cases` of the titles, drawn by the seed among those that it changes.

    The word lists are English: with `facts` (row i of title i), only titles whose `language` is English are drawn.
    Every change is one batch for the model, and so are the unchanged documents.
    """
    order = np.random.default_rng(seed).permutation(_english(titles, facts))
    changes = all_perturbations()
    drawn = {change.name: _drawn(change, titles, order, cases=cases, seed=seed) for change in changes}
    rows = sorted({row for chosen in drawn.values() for row in chosen})
    report(f"Robustness: {len(rows)} documents as they are")
    before = dict(zip(rows, _answers(bundle, [titles.documents[row] for row in rows]), strict=True))
    found = []
    for change in changes:
        report(f"Robustness: {change.name}")
        made = [_case(change, titles, row, before[row], bundle, seed=seed) for row in drawn[change.name]]
        found.append(_row(change, [case for case in made if case], bundle))
    return found


def _answers(bundle: Bundle, documents: Sequence[str]) -> Probabilities | Sequence[npt.NDArray[np.float32]]:
    return bundle.model.predict_proba(documents) if documents else []


def _english(titles: DocumentSet, facts: pd.DataFrame | None) -> npt.NDArray[np.intp]:
    if facts is None:
        return np.arange(len(titles.documents))
    return np.flatnonzero(facts["language"].to_numpy() == ENGLISH)


def _drawn(
    change: Perturbation, titles: DocumentSet, order: npt.NDArray[np.intp], *, cases: int, seed: int
) -> list[int]:
    """The first titles in this order that the change finds something to change in."""
    chosen: list[int] = []
    for row in map(int, order):
        if len(chosen) == cases:
            break
        key, document = titles.title_ids[row], titles.documents[row]
        if change.aim or change.apply(document, key=key, seed=seed) is not None:
            chosen.append(row)
    return chosen


def _case(
    change: Perturbation,
    titles: DocumentSet,
    row: int,
    before: npt.NDArray[np.float32],
    bundle: Bundle,
    *,
    seed: int,
) -> _Case | None:
    key = titles.title_ids[row]
    genre = _aimed_at(change, before, bundle, key=key, seed=seed)
    if change.aim and genre is None:
        return None
    name = "" if genre is None else bundle.model.genres[genre]
    document = change.apply(titles.documents[row], key=key, seed=seed, genre=name)
    if document is None:
        return None
    shown = _around_the_change(split_document(titles.documents[row]).plot, split_document(document).plot)
    return _Case(key, genre, before, document, shown)


def _aimed_at(
    change: Perturbation, before: npt.NDArray[np.float32], bundle: Bundle, *, key: str, seed: int
) -> int | None:
    """Column of the genre that the change is about in this answer, if there is one."""
    assigned = before >= np.asarray(bundle.thresholds)
    if change.aim == "most_probable":
        return int(before.argmax())
    absent = np.flatnonzero(~assigned)
    if change.aim is None or not len(absent):
        return None
    # By the title alone, so that all orders of injection are about the same genre.
    return int(Random(f"{seed} {key}").choice(absent))


def _row(change: Perturbation, made: Sequence[_Case], bundle: Bundle) -> RobustnessRow:
    after = _answers(bundle, [case.document for case in made])
    failed = [
        (case, answer)
        for case, answer in zip(made, after, strict=True)
        if not _passes(change, case, answer, np.asarray(bundle.thresholds))
    ]
    return RobustnessRow(
        name=change.name,
        kind=change.kind,
        description=change.description,
        cases=len(made),
        passed=len(made) - len(failed),
        failures=[_failure(case, answer, bundle) for case, answer in failed[:MAX_FAILURES]],
    )


def _passes(
    change: Perturbation,
    case: _Case,
    after: npt.NDArray[np.float32],
    thresholds: npt.NDArray[np.float64],
) -> bool:
    if case.genre is None:
        return stays(case.before >= thresholds, after >= thresholds, top=int(case.before.argmax()))
    if change.kind == "injection":
        return bool(after[case.genre] < thresholds[case.genre])
    rise = float(after[case.genre]) - float(case.before[case.genre])
    return rise >= -TOLERANCE if change.aim == "most_probable" else rise >= LEAST_RISE


def stays(before: npt.NDArray[np.bool_], after: npt.NDArray[np.bool_], *, top: int) -> bool:
    """Whether two answers `[genres]` say much the same; `top` was the most probable genre before.

    Two answers without any genre are the same.
    """
    if before[top] and not after[top]:
        return False
    common, union = int((before & after).sum()), int((before | after).sum())
    return common >= LEAST_IN_COMMON * union


def _failure(case: _Case, after: npt.NDArray[np.float32], bundle: Bundle) -> Mapping[str, Any]:
    failure: dict[str, Any] = {
        "title_id": case.title_id,
        "before": _assigned(case.before, bundle),
        "after": _assigned(after, bundle),
        "changed": case.shown,
    }
    if case.genre is not None:
        failure |= {
            "genre": bundle.model.genres[case.genre],
            "probability_before": round(float(case.before[case.genre]), 4),
            "probability_after": round(float(after[case.genre]), 4),
        }
    return failure


def _assigned(row: npt.NDArray[np.float32], bundle: Bundle) -> list[str]:
    """Most probable first."""
    chosen = [i for i in np.argsort(-row, kind="stable") if row[i] >= bundle.thresholds[i]]
    return [bundle.model.genres[i] for i in chosen]


def _around_the_change(before: str, after: str) -> str:
    """So many characters of the changed plot, from a little before the first change on."""
    same = next((i for i, (a, b) in enumerate(zip(before, after, strict=False)) if a != b), len(before))
    start = max(0, min(same - SHOWN_CHARS // 4, len(after) - SHOWN_CHARS))
    end = start + SHOWN_CHARS
    return ("… " if start else "") + after[start:end] + (" …" if end < len(after) else "")
