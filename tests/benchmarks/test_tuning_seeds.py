"""A tuning benchmark that is ended keeps the seeds that it has."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from benchmarks import tuning
from benchmarks.tuning import HYPERBAND, RANDOM, Outcome, read_outcomes, write_outcomes


def outcome(seed: int, method: str) -> Outcome:
    return Outcome(
        seed=seed,
        method=method,
        trials=6,
        stopped_early=0.5,
        rounds=540,
        seconds=90.0,
        best_loss=0.19,
        seconds_to_target=None if method == HYPERBAND else 80.0,
        rounds_to_target=None if method == HYPERBAND else 480,
    )


def test_outcomes_come_back_as_they_were_written(tmp_path: Path) -> None:
    written = [outcome(0, RANDOM), outcome(0, HYPERBAND)]
    write_outcomes(written, tmp_path / "seeds.json")
    assert read_outcomes(tmp_path / "seeds.json") == written


def test_without_a_file_every_seed_is_run(tmp_path: Path) -> None:
    assert read_outcomes(None) == read_outcomes(tmp_path / "none.json") == []


def test_seeds_of_the_file_are_not_run_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ray_cluster: None
) -> None:
    file = tmp_path / "seeds.json"
    write_outcomes(
        [outcome(0, RANDOM), outcome(0, HYPERBAND), outcome(1, RANDOM), outcome(1, HYPERBAND)], file
    )
    ran: list[int] = []

    def both(_settings: object, _shared: object, _trials: int, seed: int) -> list[Outcome]:
        ran.append(seed)
        return [outcome(seed, RANDOM), outcome(seed, HYPERBAND)]

    monkeypatch.setattr(tuning, "both_searches", both)
    monkeypatch.setattr(tuning, "ingest_and_prepare", lambda *_: None)
    monkeypatch.setattr(sys, "argv", ["tuning", "--seeds", "3", "--json", str(file)])
    tuning.main()
    assert ran == [2]
    assert sorted({one.seed for one in read_outcomes(file)}) == [0, 1, 2]
