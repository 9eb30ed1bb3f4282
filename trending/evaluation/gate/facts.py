"""What the rules look at: everything that was measured, as plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from trending.evaluation.bootstrap import Interval
from trending.evaluation.record import EvaluationRecord


@dataclass(frozen=True)
class Difference:
    """One score of the candidate minus that of another model, on the same titles."""

    value: float
    ci95: Interval
    """Paired: both are scored on the same resamples of the titles."""


@dataclass(frozen=True)
class Comparison:
    """The candidate beside another model."""

    model: str
    """The other's kind."""
    version: str | None
    digest: str
    """The other's identity."""
    differences: Mapping[str, Difference]
    """By score: candidate minus other."""


@dataclass(frozen=True)
class SliceGap:
    """The candidate minus the champion on the titles of one slice."""

    slice: str
    """`platform=netflix`."""
    titles: int
    difference: float
    """Micro-F1."""
    ci95: Interval
    p_value: float
    """Two-sided, Holm-corrected over all slices."""


@dataclass(frozen=True)
class GateSet:
    """The titles that the gate judges by, and whether anyone has learnt from them."""

    snapshot_id: int
    titles: int
    digest: str
    """SHA-256 of the sorted ids of the titles."""
    learnt: Mapping[str, int]
    """For each model that was judged (`candidate`, `champion`, `linear`, ...) how many works of the gate set are,
    by key, among those it was trained, stopped or calibrated on."""


@dataclass(frozen=True)
class GateFacts:
    """All of it."""

    candidate: EvaluationRecord
    champion: EvaluationRecord | None
    """None before there is one."""
    against_champion: Comparison | None
    slices: tuple[SliceGap, ...]
    """Against the champion."""
    baselines: Mapping[str, Comparison]
    """By kind; one that is not registered is not in it."""
    gate_set: GateSet
    files: Mapping[str, str]
    """Where the records of candidate and champion were written."""
