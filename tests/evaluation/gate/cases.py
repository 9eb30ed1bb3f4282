"""Facts of a candidate that passes every rule of a strict policy, to be spoilt one at a time."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from trending.evaluation.gate.facts import Comparison, Difference, GateFacts, GateSet, SliceGap
from trending.evaluation.gate.policy import Policy
from trending.evaluation.record import EvaluationRecord, GenreRow, RobustnessRow, ServingCost, Subject

STRICT = Policy.model_validate(
    {
        "name": "strict",
        "least_titles": 100,
        "floors": {"micro_f1": 0.5, "map": 0.4},
        "genres": {"score": "f1", "least_titles": 30, "floor": 0.2, "floors": {"Comedy": 0.4}},
        "champion": {"score": "macro_f1", "by": 0.005},
        "baselines": {"models": ["prior", "linear"], "score": "macro_f1"},
        "slices": {"margin": 0.05},
        "protected": {"slices": ["platform=*", "kind=show"], "margin": 0.02, "required": True},
        "calibration": {"error": 0.03, "mean_genre_error": 0.04, "least_titles": 100},
        "robustness": {"kinds": {"invariance": 0.9}, "tests": {"injected order": 0.95}},
        "serving": {"latency_p99_ms": 100, "titles_per_s": 20, "size_mib": 500},
    }
)
TITLES = "f" * 64


def genre(name: str, **values: Any) -> GenreRow:
    given: dict[str, Any] = {
        "support": 200, "threshold": 0.4, "precision": 0.6, "recall": 0.6, "f1": 0.6, "f1_ci95": (0.5, 0.7),
        "roc_auc": 0.8, "average_precision": 0.6, "brier": 0.1, "calibration_error": 0.02,
    }  # fmt: skip
    return GenreRow(genre=name, **(given | values))


def record(version: str, **values: Any) -> EvaluationRecord:
    subject = Subject(
        model="xgboost", version=version, run_id=f"run{version}", bundle=f"/bundles/{version}", digest=version * 64,
        trained_on=7, evaluated_on=7, time_split=False, titles=400, titles_digest=TITLES,
    )  # fmt: skip
    given: dict[str, Any] = {
        "subject": subject,
        "created_at": "2026-01-31T12:00:00+00:00",
        "code_revision": "abc",
        "scores": {"micro_f1": 0.6, "macro_f1": 0.5, "map": 0.55, "calibration_error": 0.02},
        "ci95": {"micro_f1": (0.55, 0.65)},
        "genres": [
            genre("Comedy"),
            genre("Drama"),
            genre("Western", support=5, f1=0.0, calibration_error=0.5),
        ],
        "reliability": {},
        "confusions": [],
        "slices": [],
        "robustness": [
            RobustnessRow("typos", "invariance", "", cases=100, passed=95),
            RobustnessRow("injected order", "injection", "", cases=100, passed=97),
            RobustnessRow("rare", "invariance", "", cases=3, passed=0),
        ],
        "explanations": None,
        "cost": ServingCost(10.0, 40.0, 100.0, 300.0, 50.0, "two cores"),
        "seconds": 1.0,
    }
    return EvaluationRecord(**(given | values))


def beside(model: str, value: float, low: float, high: float, *, version: str = "1") -> Comparison:
    return Comparison(model, version, version * 64, {"macro_f1": Difference(value, (low, high))})


def gap(name: str, difference: float, low: float, high: float, **values: Any) -> SliceGap:
    given: dict[str, Any] = {"titles": 100, "p_value": 0.001}
    return SliceGap(slice=name, difference=difference, ci95=(low, high), **(given | values))


GOOD = GateFacts(
    candidate=record("2"),
    champion=record("1"),
    against_champion=beside("linear", 0.03, 0.01, 0.05),
    slices=(
        gap("platform=netflix", 0.02, -0.01, 0.05),
        gap("platform=amazon", 0.03, 0.01, 0.05),
        gap("kind=show", 0.01, -0.02, 0.04),
        gap("decade=1990s", -0.04, -0.3, 0.2),
    ),
    baselines={
        "prior": beside("prior", 0.3, 0.2, 0.4),
        "keyword": beside("keyword", 0.1, 0.05, 0.15),
        "linear": beside("linear", 0.05, 0.01, 0.09),
    },
    gate_set=GateSet(snapshot_id=7, titles=400, digest=TITLES, learnt={"candidate": 0, "champion": 0}),
    files={},
)


def good(**changes: Any) -> GateFacts:
    """Facts that pass, but for the changes."""
    return replace(GOOD, **changes)


def with_candidate(**values: Any) -> GateFacts:
    """Facts that pass, but for what is in the candidate's record."""
    return good(candidate=replace(GOOD.candidate, **values))
