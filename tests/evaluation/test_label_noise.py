from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.evaluation.wordy_titles import draw_titles, genres_known
from tests.serve_app.titles.shelves import shelve, title
from trending.catalog.correction_file import import_review_file, write_review_file
from trending.evaluation import label_noise
from trending.evaluation.label_noise import find_label_noise, find_suspects, out_of_fold_probabilities
from trending.features.documents import DocumentSet
from trending.models.linear import LinearModel
from trending.settings import LinearSettings, Settings, TrainSettings

SHARE = 0.05


def draw(titles: int, seed: int) -> DocumentSet:
    """Titles of three genres, as documents."""
    documents, labels = draw_titles(titles, seed=seed)
    keys = [f"work {i}" for i in range(titles)]
    return DocumentSet(1, genres_known(), keys, keys, documents, labels, np.full(titles, "train"), 0, 0)


def plant(titles: DocumentSet, seed: int) -> tuple[DocumentSet, np.ndarray]:
    """The same with one label of `SHARE` of the titles turned round, and which."""
    random = np.random.default_rng(seed)
    count = len(titles.documents)
    turned = random.choice(count, round(SHARE * count), replace=False)
    labels = titles.labels.copy()
    labels[turned, random.integers(0, 3, len(turned))] ^= True
    return replace(titles, labels=labels), turned


def settings_of(home: Path) -> Settings:
    return Settings(home=home, train=TrainSettings(linear=LinearSettings(min_df=1)))


def test_planted_wrong_labels_are_found_far_above_chance(settings: Settings) -> None:
    titles, turned = plant(draw(800, seed=1), seed=2)
    noise = find_label_noise(titles.labels, out_of_fold_probabilities(titles, settings))
    ranking = noise.ranking()
    first = ranking[: len(turned)]
    precision = np.isin(first, turned).mean()
    recall = np.isin(turned, ranking).mean()
    assert precision > 0.7, f"chance is {SHARE}"
    assert recall > 0.5
    assert len(ranking) < 0.15 * len(titles.documents)


def test_the_label_that_was_turned_is_the_one_that_is_named(settings: Settings) -> None:
    clean = draw(800, seed=1)
    titles, turned = plant(clean, seed=2)
    noise = find_label_noise(titles.labels, out_of_fold_probabilities(titles, settings))
    found = np.intersect1d(turned, noise.ranking())
    mended = (titles.labels ^ noise.wrong)[found]
    assert (mended == clean.labels[found]).all(axis=1).mean() > 0.8


def test_no_title_is_judged_by_a_model_that_saw_its_work(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    titles = draw(60, seed=3)
    titles = replace(titles, title_keys=[f"work {i // 3}" for i in range(60)])
    key_of = dict(zip(titles.documents, titles.title_keys, strict=True))
    fitted: list[set[str]] = []

    def fit(documents: list[str], *arguments: object, **options: object) -> LinearModel:
        fitted.append({key_of[document] for document in documents})
        model = LinearModel.fit(documents, *arguments, **options)  # type: ignore[arg-type]
        seen = fitted[-1]
        inner = model.predict_proba

        def predict(asked: list[str]) -> np.ndarray:
            assert not seen & {key_of[document] for document in asked}
            return inner(asked)

        model.predict_proba = predict  # type: ignore[method-assign]
        return model

    spy = type("Spy", (), {"fit": staticmethod(fit)})
    monkeypatch.setattr(label_noise, "LinearModel", spy)
    out_of_fold_probabilities(titles, settings)
    assert len(fitted) == 5


def test_a_genre_that_no_title_has_is_never_wrong() -> None:
    labels = np.array([[True, False], [False, False]] * 20)
    noise = find_label_noise(labels, np.where(labels, 0.9, 0.2).astype(np.float32))
    assert not noise.wrong.any()
    assert len(noise.ranking()) == 0
    assert len(find_label_noise(labels[:0], np.zeros((0, 2), np.float32)).ranking()) == 0


def test_suspects_are_listed_worst_first_and_not_again_once_reviewed(tmp_path: Path) -> None:
    settings = settings_of(tmp_path / "home")
    titles, turned = plant(draw(300, seed=4), seed=5)
    lists = titles.genre_lists()
    shelve(
        settings,
        [
            title(str(i), plot=document, genres=lists[i], split="test" if i % 5 == 0 else "train")
            for i, document in enumerate(titles.documents)
            if lists[i]
        ],
    )
    found = find_suspects(settings)
    assert [one.score for one in found.suspects] == sorted(one.score for one in found.suspects)
    first = found.suspects[: len(turned) // 2]
    planted = {f"id-{i}" for i in turned}
    assert sum(one.title_id in planted for one in first) > 0.7 * len(first)
    assert all(one.genres != one.suggested for one in found.suspects)
    assert {one.split for one in found.suspects} == {"train", "test"}

    rows = [one.as_row() | {"corrected": ", ".join(one.suggested or one.genres)} for one in first]
    write_review_file(tmp_path / "review.csv", rows)
    import_review_file(settings, tmp_path / "review.csv", name="ann")
    again = find_suspects(settings)
    assert again.reviewed == len(first)
    assert not {one.title_id for one in first} & {one.title_id for one in again.suspects}
