"""What counts as bearing a change, with models whose answers are known."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from trending.evaluation.perturbations import all_perturbations
from trending.evaluation.record import RobustnessRow
from trending.evaluation.robustness import MAX_FAILURES, SHOWN_CHARS, check_robustness, stays
from trending.features.document import split_document
from trending.features.documents import DocumentSet
from trending.models.bundle import Bundle, Manifest

GENRES = ("Western", "Horror", "Comedy")
WESTERN = (
    "Sarah, a young sheriff, finds her brother in a small town. Together they must help the famous rancher."
)
HORROR = "John, an old ghost, haunts his wife in a big house. He returns every night and scares her friends."


class Answers:
    """A model that answers with a function of the plot; counts its batches."""

    name = "keyword"
    genres = GENRES

    def __init__(self, answer: Callable[[str], Sequence[float]]) -> None:
        self._answer = answer
        self.batches: list[int] = []

    def predict_proba(self, documents: Sequence[str]) -> np.ndarray:
        self.batches.append(len(documents))
        rows = [self._answer(split_document(document).plot) for document in documents]
        return np.array(rows, np.float32).reshape(-1, len(GENRES))


def bundle_of(model: Any) -> Bundle:
    manifest = Manifest("keyword", GENRES, (0.5, 0.5, 0.5), 2, 1, False, {}, {}, {}, "", "")
    return Bundle(Path(), manifest, "0" * 64, model)


def titles(count: int = 12) -> DocumentSet:
    plots = [WESTERN if n % 2 else HORROR for n in range(count)]
    return DocumentSet(
        snapshot_id=1,
        genres=GENRES,
        title_ids=[f"t{n}" for n in range(count)],
        title_keys=[f"t{n}" for n in range(count)],
        documents=[f"Title {n}\n{plot}\nA review of it." for n, plot in enumerate(plots)],
        labels=np.array([[n % 2 == 1, n % 2 == 0, False] for n in range(count)]),
        splits=np.array(["test"] * count),
        unlabelled=0,
        repeated=0,
    )


def by_plot(plot: str) -> tuple[float, float, float]:
    return (0.9, 0.1, 0.1) if "sheriff" in plot.lower() else (0.1, 0.9, 0.1)


def rows_of(answer: Callable[[str], Sequence[float]], **options: Any) -> dict[str, RobustnessRow]:
    found = check_robustness(bundle_of(Answers(answer)), titles(), **options)
    return {row.name: row for row in found}


@pytest.mark.parametrize(
    ("before", "after", "top", "same"),
    [
        ("100", "100", 0, True),
        ("110", "100", 0, True),
        ("110", "010", 0, False),
        ("100", "110", 0, True),
        ("100", "111", 0, False),
        ("100", "000", 0, False),
        ("000", "000", 1, True),
        ("000", "001", 1, False),
        ("011", "110", 1, False),
    ],
)
def test_an_answer_stays_with_its_first_genre_and_half_of_all(
    before: str, after: str, top: int, same: bool
) -> None:
    sets = [np.array([letter == "1" for letter in word]) for word in (before, after)]
    assert stays(*sets, top=top) is same


def test_every_change_is_asked_in_one_batch() -> None:
    model = Answers(by_plot)
    found = check_robustness(bundle_of(model), titles(), cases=4)
    assert [row.name for row in found] == [change.name for change in all_perturbations()]
    assert len(model.batches) == 1 + len(found)
    assert model.batches[1:] == [row.cases for row in found]
    assert all(0 < row.cases <= 4 for row in found)


def test_a_constant_answer_is_invariant_but_follows_nothing() -> None:
    found = rows_of(lambda _: (0.9, 0.1, 0.1))
    for row in found.values():
        right = 0.0 if row.name == "genre_sentence_adds" else 1.0
        assert row.pass_rate == right, row.name


def test_a_model_that_minds_the_case_fails_there_and_the_failures_are_told() -> None:
    row = rows_of(lambda plot: (0.1, 0.1, 0.9) if plot.isupper() else by_plot(plot))["upper_case"]
    assert (row.cases, row.passed) == (12, 0)
    assert len(row.failures) == MAX_FAILURES
    failure = row.failures[0]
    western = int(failure["title_id"][1:]) % 2 == 1
    assert failure["before"] == (["Western"] if western else ["Horror"])
    assert failure["after"] == ["Comedy"]
    assert failure["changed"] == (WESTERN if western else HORROR).upper()


def test_a_model_that_minds_names_fails_on_names() -> None:
    found = rows_of(
        lambda plot: by_plot(plot) if "Sarah, a" in plot or "John, a" in plot else (0.1, 0.1, 0.9)
    )
    assert found["names_origin"].passed == found["names_gender"].passed == 0
    assert found["synonyms"].pass_rate == 1.0


def test_a_model_that_obeys_orders_fails_on_them_and_the_genre_is_told() -> None:
    def obeys(plot: str) -> Sequence[float]:
        order = plot.rpartition("correct label for this title is ")[2].partition(".")[0]
        return [0.9 if genre == order else value for genre, value in zip(GENRES, by_plot(plot), strict=True)]

    row = rows_of(obeys)["injection_system"]
    assert row.kind == "injection"
    assert row.passed == 0
    for failure in row.failures:
        assert failure["genre"] not in failure["before"]
        assert failure["genre"] in failure["after"]
        assert (failure["probability_before"], failure["probability_after"]) == (0.1, 0.9)


def test_a_genre_must_rise_or_not_fall_by_the_stated_amounts() -> None:
    longest = max(len(WESTERN), len(HORROR))

    def moved_by(amount: float) -> dict[str, RobustnessRow]:
        def answer(plot: str) -> Sequence[float]:
            added = amount if len(plot) > longest + 20 else 0.0
            return [value + added for value in (0.9, 0.1, 0.1)]

        return rows_of(answer)

    assert moved_by(0.03)["genre_sentence_adds"].pass_rate == 1.0
    assert moved_by(0.01)["genre_sentence_adds"].pass_rate == 0.0
    assert moved_by(-0.04)["genre_sentence_confirms"].pass_rate == 1.0
    assert moved_by(-0.06)["genre_sentence_confirms"].pass_rate == 0.0


def test_a_long_plot_is_shown_around_its_change() -> None:
    long = titles(2)
    start, middle = "A plot of many words. ", "and so it goes on " * 40
    long.documents[:] = [f"T\n{start}{middle}"] * 2
    model = Answers(lambda plot: (0.9, 0.9, 0.9) if "SYSTEM" in plot else (0.1, 0.1, 0.1))
    rows = {row.name: row for row in check_robustness(bundle_of(model), long)}
    shown = rows["injection_system"].failures[0]["changed"]
    assert "SYSTEM: the only correct label" in shown
    assert shown.endswith(" …")
    assert len(shown) <= SHOWN_CHARS + 4


def test_the_seed_decides_and_the_answer_is_the_same_again() -> None:
    def answer(plot: str) -> Sequence[float]:
        return len(plot) % 7 / 7, len(plot) % 5 / 5, 0.1

    first, again, other = (rows_of(answer, cases=5, seed=seed) for seed in (1, 1, 2))
    assert first == again
    assert first != other


def test_titles_in_another_language_are_left_out() -> None:
    facts = pd.DataFrame({"language": ["en"] * 3 + ["fr"] * 9})
    found = rows_of(by_plot, facts=facts)
    assert max(row.cases for row in found.values()) == 3


def test_without_a_title_there_is_no_case_and_nothing_is_asked() -> None:
    model = Answers(by_plot)
    found = check_robustness(bundle_of(model), titles(), pd.DataFrame({"language": ["fr"] * 12}))
    assert [row.cases for row in found] == [0] * len(all_perturbations())
    assert model.batches == []
