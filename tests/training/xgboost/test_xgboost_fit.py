from __future__ import annotations

import numpy as np

from trending.features.documents import DocumentSet
from trending.models.xgboost_model import FirstStage
from trending.settings import LinearSettings, Settings, TrainSettings
from trending.training.xgboost.fit import fold_of, out_of_fold

WORKS = 40


def make_titles() -> DocumentSet:
    """Two rows of each work. Genre 0 is pure chance, so only a model that saw a work can know it."""
    keys = [f"work {i // 2}" for i in range(2 * WORKS)]
    chance = np.random.default_rng(4).random(WORKS) < 0.5
    return DocumentSet(
        snapshot_id=1,
        genres=("Drama", "Western"),
        title_ids=[f"id {i}" for i in range(len(keys))],
        title_keys=keys,
        documents=[f"{key} of a {'sheriff' if i % 4 < 2 else 'singer'}" for i, key in enumerate(keys)],
        labels=np.stack([np.repeat(chance, 2), np.arange(len(keys)) % 4 < 2], axis=1),
        splits=np.array(["train"] * len(keys)),
        unlabelled=0,
        repeated=0,
    )


def one_hot_of_works(titles: DocumentSet) -> np.ndarray:
    """Embeddings that give the work away to a model that saw it."""
    return np.eye(WORKS, dtype=np.float32)[np.arange(len(titles.documents)) // 2]


def test_scores_of_training_titles_come_from_models_that_never_saw_their_work(
    ray_cluster: str, settings: Settings
) -> None:
    titles = make_titles()
    chosen = settings.model_copy(update={"train": TrainSettings(linear=LinearSettings(min_df=1))})
    weights = np.ones(len(titles.documents), np.float32)
    embeddings = one_hot_of_works(titles)
    whole, scores = out_of_fold(titles, embeddings, chosen, weights)

    assert isinstance(whole, FirstStage)
    assert scores.shape == (2 * WORKS, 3 * 2)
    seen = whole.scores(titles.documents, embeddings)
    drama, drama_by_embedding = titles.labels[:, 0], 2

    def separation(found: np.ndarray) -> float:
        return found[drama].mean() - found[~drama].mean()

    assert separation(seen[:, drama_by_embedding]) > 0.3, "a model knows the works that it learnt from"
    assert separation(scores[:, drama_by_embedding]) < 0.1
    assert ((scores[:, 1] > 0) == titles.labels[:, 1]).mean() > 0.9, "what generalises is still there"


def test_all_rows_of_a_work_share_a_fold_and_all_folds_are_used() -> None:
    keys = [f"work {i // 3}" for i in range(300)]
    folds = fold_of(keys, 5)
    assert set(folds) == {0, 1, 2, 3, 4}
    assert all(len(set(folds[i : i + 3])) == 1 for i in range(0, 300, 3))
    np.testing.assert_array_equal(folds, fold_of(keys, 5))
