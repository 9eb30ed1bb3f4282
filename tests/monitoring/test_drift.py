from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.monitoring.windows import GENRES, window
from trending.monitoring.drift import Drift, find_drift
from trending.monitoring.window import Window, joined, load_window
from trending.settings import DriftSettings

SETTINGS = DriftSettings()
REFERENCE = window(2000, seed=1)


def alarms(drift: Drift) -> set[str]:
    return {one.name for one in drift.alarms}


def judged(changed: Window) -> Drift:
    return find_drift(REFERENCE, changed, GENRES, SETTINGS)


def test_windows_without_drift_alarm_no_more_often_than_they_may() -> None:
    found = [judged(window(300, seed=seed)) for seed in range(100, 200)]
    assert sum(bool(one.alarms) for one in found) <= 4, (
        "1% were allowed; more than 4 of 100 has a chance of 1 in 300"
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("words", np.random.default_rng(5).poisson(20, 300).astype(float)),
        ("unknown", np.random.default_rng(5).beta(4, 20, 300)),
        ("languages", np.random.default_rng(5).choice(["en", "es"], 300, p=[0.6, 0.4])),
        ("platforms", np.array(["Prime Video"] * 300)),
        ("kinds", np.array(["show"] * 300)),
        ("embeddings", np.random.default_rng(5).normal(0.5, size=(300, 16)).astype(np.float32)),
    ],
)
def test_a_change_is_found_and_called_by_its_name(name: str, value: np.ndarray) -> None:
    called = {"unknown": "unknown words", "languages": "language", "platforms": "platform", "kinds": "kind",
              "embeddings": "meaning"}.get(name, name)  # fmt: skip
    assert alarms(judged(window(300, seed=7, **{name: value}))) == {called}


def test_a_genre_that_is_given_twice_as_often_alarms_by_its_name() -> None:
    usual = window(500, seed=9)
    more = usual.assigned.copy()
    more[:, 2] |= np.random.default_rng(3).random(500) < 0.35
    found = judged(replace(usual, assigned=more))
    assert "genre Horror" in alarms(found)
    assert not {"genre Comedy", "genre Drama"} & alarms(found)


def test_a_field_that_broke_alarms() -> None:
    words = np.where(np.arange(300) % 5 == 0, 1.0, window(300, seed=3).words)
    assert "empty" in alarms(judged(window(300, seed=3, words=words)))


def test_answers_that_agree_less_with_the_labels_alarm() -> None:
    right = window(2000, seed=4)
    reference = replace(right, labels=right.assigned)
    usual = window(400, seed=5)
    found = find_drift(reference, usual, GENRES, SETTINGS)
    assert "agreement with labels" in alarms(found)


def test_titles_without_labels_say_nothing_of_the_quality() -> None:
    right = window(2000, seed=4)
    reference = replace(right, labels=right.assigned)
    new = window(400, seed=5)
    labels = new.assigned.copy()
    labels[100:] = False
    found = find_drift(reference, replace(new, labels=labels), GENRES, SETTINGS)
    assert "agreement with labels" not in alarms(found)


def test_what_is_sure_but_small_does_not_alarm() -> None:
    large = window(20_000, seed=6, words=np.random.default_rng(6).poisson(31, 20_000).astype(float))
    found = {one.name: one for one in judged(large).signals}["words"]
    assert found.p_value < SETTINGS.alpha
    assert found.effect < found.floor
    assert not found.alarm


def test_a_small_window_is_not_judged() -> None:
    found = judged(window(SETTINGS.least_titles - 1, seed=2, words=np.zeros(SETTINGS.least_titles - 1)))
    assert not found.judged
    assert found.signals == ()


def test_without_labels_or_embeddings_the_other_signals_stay() -> None:
    found = judged(window(300, seed=2, labels=None, embeddings=None))
    assert {one.name for one in found.signals}.isdisjoint({"meaning", "agreement with labels"})
    assert len(found.signals) == 9 + len(GENRES)


def test_a_window_comes_back_from_its_file_as_it_was(tmp_path: Path) -> None:
    small = window(20, seed=1, labels=None)
    small.save(tmp_path / "some" / "window.npz")
    back = load_window(tmp_path / "some" / "window.npz")
    assert back.labels is None
    for name in ("words", "languages", "probabilities", "assigned", "embeddings"):
        np.testing.assert_array_equal(getattr(back, name), getattr(small, name))


def test_windows_are_joined_and_cut() -> None:
    both = joined([window(20, seed=1), window(30, seed=2, labels=None)])
    assert len(both) == 50
    assert both.labels is None
    part = both.take(np.array([0, 20]))
    assert part.words.tolist() == [window(20, seed=1).words[0], window(30, seed=2).words[0]]
