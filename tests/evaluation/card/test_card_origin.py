from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.evaluation.card.synthetic import data_facts, manifest_of, run_facts, synthetic_record
from trending.evaluation.card.origin import energy_text, origin_lines, seconds_text
from trending.evaluation.energy import estimate_energy
from trending.models.calibrators import Calibration, Calibrator


def test_energy_is_estimated_from_the_time_and_the_machine_and_says_so() -> None:
    estimate = estimate_energy(957.7, cores=2, memory_gib=24)
    assert energy_text(run_facts()) == f"about {estimate.kwh:.2g} kWh. {estimate.assumptions}"


@pytest.mark.parametrize("unknown", [{"seconds": None}, {"cores": None}, {"gpus": None}, {"gpus": 1}])
def test_energy_is_not_estimated_of_what_is_not_known(unknown: dict[str, Any]) -> None:
    assert energy_text(replace(run_facts(), **unknown)) == ""


def test_what_is_not_known_has_no_line() -> None:
    record = synthetic_record()
    full = dict(origin_lines(record, manifest_of(record), run_facts(), data_facts()))
    bare = dict(origin_lines(record, manifest_of(record, settings={}), None, None))
    assert set(bare) < set(full)
    assert {"Sources", "Training took", "Workers", "MLflow run"} <= set(full) - set(bare)
    assert all([*full.values(), *bare.values()])


def test_a_calibration_is_told_by_its_curves() -> None:
    record = synthetic_record()
    curves = Calibration((Calibrator(), Calibrator("platt", 1.1, 0.2), Calibrator("platt", 0.9, 0.0)))
    calibrated = manifest_of(record, calibration={"calibrators": curves.as_json(), "measured": {}})
    lines = dict(origin_lines(record, calibrated, None, None))
    assert lines["Calibrated on validation (genres)"] == "platt (2), identity (1)"
    assert "Calibrated on validation (genres)" not in dict(
        origin_lines(record, manifest_of(record), None, None)
    )


@pytest.mark.parametrize(
    ("seconds", "text"), [(7.25, "7.2 s"), (957.7, "957.7 s (16 min)"), (10_800, "10,800.0 s (3.0 h)")]
)
def test_long_times_are_told_in_minutes_and_hours_too(seconds: float, text: str) -> None:
    assert seconds_text(seconds) == text
