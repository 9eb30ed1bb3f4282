from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import f1_score

from tests.evaluation.small_catalog import commit, some
from trending.errors import SliceError
from trending.evaluation.bootstrap import Predictions
from trending.evaluation.resampling import holm
from trending.evaluation.slices import Slice, make_slices, slice_differences, slice_rows, title_facts
from trending.features.documents import load_documents
from trending.settings import Settings

SAMPLES = 400


def answer(chosen: np.ndarray) -> Predictions:
    return Predictions(chosen, chosen.astype(np.float32))


def flipped(truth: np.ndarray, share: float | np.ndarray, seed: int) -> Predictions:
    """The truth with a share of its values wrong, of all titles or of each."""
    share = np.broadcast_to(np.atleast_1d(share)[:, None], truth.shape)
    return answer(truth ^ (np.random.default_rng(seed).random(truth.shape) < share))


@pytest.fixture
def truth() -> np.ndarray:
    return np.random.default_rng(3).random((600, 4)) < 0.4


@pytest.fixture
def facts(settings: Settings) -> pd.DataFrame:
    snapshot = commit(
        settings,
        some(3, "film", release_year=1987, plot="word " * 25, genres=["Drama", "Comedy"]),
        some(2, "show", kind="show", platform="Amazon", release_year=None, countries=None, language="fr"),
        some(1, "epic", release_year=2001, plot="word " * 80, countries=["India", "France"]),
        reviewed=("id-film 1", "id-epic 0"),
    )
    documents = load_documents(settings, snapshot)
    facts = title_facts(settings, documents)
    assert len(facts) == len(documents.documents) == 6
    return facts.set_axis(pd.Index(documents.title_ids))


def test_facts_are_those_of_the_catalogue_title_by_title(facts: pd.DataFrame) -> None:
    assert facts.loc["id-film 1"].to_dict() == {
        "kind": "movie",
        "platform": "Netflix",
        "source": "films",
        "decade": 1980,
        "plot_length": "20 to 29 words",
        "language": "en",
        "country": "Norway",
        "reviewed": True,
        "genre_count": 2,
        "release_year": 1987,
        "plot_words": 25,
    }
    assert facts.loc["id-film 0", "reviewed"] == np.False_
    assert facts.loc["id-epic 0", ["country", "plot_length"]].tolist() == ["India", "60 words or more"]
    assert facts.loc["id-show 0", ["decade", "country"]].isna().all()


def test_every_value_that_enough_titles_have_is_a_slice(facts: pd.DataFrame) -> None:
    frame = facts.reset_index(drop=True)
    found = {one.name: one.rows for one in make_slices(frame, least=2)}
    assert set(found) == {
        "kind=movie", "kind=show", "decade=1980s", "reviewed=yes", "reviewed=no", "genre_count=1"
    }  # fmt: skip
    assert set(frame.loc[found["kind=show"], "platform"]) == {"Amazon"}
    assert set(frame.loc[found["decade=1980s"], "decade"]) == {1980}
    assert frame.loc[found["reviewed=yes"], "reviewed"].all()


def test_what_has_the_titles_of_another_slice_is_no_second_one(facts: pd.DataFrame) -> None:
    frame = facts.reset_index(drop=True)
    assert "platform=Amazon" not in {one.name for one in make_slices(frame, least=2)}
    other = frame.assign(kind=["movie", "show"] * 3)
    assert "platform=Amazon" in {one.name for one in make_slices(other, least=2)}


def test_what_nearly_all_titles_have_is_no_slice(facts: pd.DataFrame) -> None:
    frame = facts.reset_index(drop=True).assign(language=["en"] * 5 + ["fr"])
    assert "language=en" not in {one.name for one in make_slices(frame, least=2)}
    assert "language=en" in {one.name for one in make_slices(frame, least=1)}


def test_titles_of_many_genres_share_a_slice(facts: pd.DataFrame) -> None:
    frame = facts.reset_index(drop=True).assign(genre_count=[1, 2, 3, 4, 5, 1])
    (rows,) = (one.rows for one in make_slices(frame, least=1) if one.name == "genre_count=3 or more")
    assert rows.tolist() == [2, 3, 4]


def test_an_expression_is_a_slice_that_must_say_something(facts: pd.DataFrame) -> None:
    frame = facts.reset_index(drop=True)
    wanted = "plot_words > 20 and release_year < 2000"
    one = make_slices(frame, least=2, expressions=[wanted])[-1]
    assert (one.attribute, one.value, len(one.rows)) == ("expression", wanted, 3)
    with pytest.raises(SliceError, match="holds for 1 of 6 titles, fewer than 2"):
        make_slices(frame, least=2, expressions=["release_year > 2000"])
    with pytest.raises(SliceError, match="holds for 6 of 6 titles: fewer than 2 are left"):
        make_slices(frame, least=2, expressions=["plot_words > 0"])


def test_the_scores_of_a_slice_are_those_of_its_titles(truth: np.ndarray) -> None:
    model = flipped(truth, 0.2, seed=1)
    rows = np.arange(0, 600, 3)
    (row,) = slice_rows([Slice("kind", "show", rows)], truth, model, samples=SAMPLES, seed=0)
    others = np.setdiff1d(np.arange(600), rows)
    inside, outside = (f1_score(truth[r], model.chosen[r], average="micro") for r in (rows, others))
    assert (row.name, row.titles) == ("kind=show", 200)
    assert row.micro_f1 == pytest.approx(inside)
    assert row.difference == pytest.approx(inside - outside)
    assert row.macro_f1 == pytest.approx(f1_score(truth[rows], model.chosen[rows], average="macro"))
    low, high = row.micro_f1_ci95
    assert low < row.micro_f1 < high


def test_the_worst_slice_is_first_and_no_accident(truth: np.ndarray) -> None:
    share = np.full(600, 0.1)
    share[:60] = 0.5
    slices = [Slice("decade", f"{k}s", np.arange(60 * k, 60 * k + 60)) for k in reversed(range(10))]
    rows = slice_rows(slices, truth, flipped(truth, share, seed=2), samples=SAMPLES, seed=0)
    assert rows[0].value == "0s"
    assert rows[0].p_value < 0.001
    assert [row.micro_f1 for row in rows] == sorted(row.micro_f1 for row in rows)
    assert [row.value for row in rows if row.difference < 0 and row.p_value < 0.05] == ["0s"]


def test_slices_drawn_by_chance_are_called_different_as_seldom_as_promised(truth: np.ndarray) -> None:
    generator = np.random.default_rng(8)
    model = flipped(truth, 0.2, seed=3)
    drawn = [Slice("drawn", str(i), np.sort(generator.permutation(600)[:60])) for i in range(300)]
    alone = [slice_rows([one], truth, model, samples=100, seed=0)[0].p_value for one in drawn]
    assert 0.02 < np.mean(np.array(alone) < 0.05) < 0.09
    together = slice_rows(drawn, truth, model, samples=100, seed=0)
    assert sorted(row.p_value for row in together) == pytest.approx(sorted(holm(np.array(alone))))
    assert min(row.p_value for row in together) > 0.05


@pytest.mark.parametrize("scope", ["micro_f1", "macro_f1"])
def test_two_models_differ_where_they_do(truth: np.ndarray, scope: str) -> None:
    a_share, b_share = np.full(600, 0.1), np.full(600, 0.1)
    a_share[:150] = 0.3
    slices = [Slice("kind", "a", np.arange(150)), Slice("kind", "b", np.arange(150, 600))]
    a, b = flipped(truth, a_share, seed=4), flipped(truth, b_share, seed=5)
    worse, same = slice_differences(slices, truth, a, b, samples=SAMPLES, seed=0, scope=scope)  # pyright: ignore[reportArgumentType]
    rows = slices[0].rows
    first, second = (float(f1_score(truth[rows], m.chosen[rows], average=scope[:5])) for m in (a, b))
    assert (worse.slice, worse.titles) == ("kind=a", 150)
    assert worse.difference == pytest.approx(first - second)
    assert worse.ci95[1] < 0
    assert worse.p_value < 0.001
    assert same.ci95[0] < 0 < same.ci95[1]
    assert same.p_value > 0.05


def test_a_model_does_not_differ_from_itself(truth: np.ndarray) -> None:
    model = flipped(truth, 0.2, seed=1)
    (row,) = slice_differences(
        [Slice("kind", "show", np.arange(100))], truth, model, model, samples=50, seed=0
    )
    assert (row.difference, row.ci95, row.p_value) == (0.0, (0.0, 0.0), 1.0)


def test_the_pairing_narrows_the_interval_of_a_difference(truth: np.ndarray) -> None:
    """Two models with the same errors but for a few: apart, their intervals would hide it."""
    a = flipped(truth, 0.3, seed=6)
    b = answer(np.where(np.arange(600)[:, None] < 40, truth, a.chosen))
    slices = [Slice("kind", "show", np.arange(300))]
    (paired,) = slice_differences(slices, truth, a, b, samples=SAMPLES, seed=0)
    (alone,) = slice_rows(slices, truth, a, samples=SAMPLES, seed=0)
    assert paired.ci95[1] < 0
    assert paired.ci95[1] - paired.ci95[0] < alone.micro_f1_ci95[1] - alone.micro_f1_ci95[0]


def test_without_slices_there_are_no_rows(truth: np.ndarray) -> None:
    model = flipped(truth, 0.2, seed=1)
    assert slice_rows([], truth, model, samples=20, seed=0) == []
    assert slice_differences([], truth, model, model, samples=20, seed=0) == []
