from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xgboost

from tests.training.xgboost.rows_to_boost import TRAIN, make_rows
from trending.errors import TrainingError
from trending.training.xgboost.matrix import binned
from trending.training.xgboost.rows import RowFiles, Rows, stage


def together(files: RowFiles) -> Rows:
    batches = list(files.batches())
    return Rows(
        np.vstack([b.features for b in batches]),
        np.vstack([b.labels for b in batches]),
        np.concatenate([b.weights for b in batches]),
    )


def write_parquet(rows: Rows, folder: Path, files: int) -> RowFiles:
    """As a pipeline of its own would write them: plain lists of double precision, labels as integers."""
    folder.mkdir()
    for part in range(files):
        table = pa.table(
            {
                "title_id": [f"id {i}" for i in range(part, len(rows.weights), files)],
                "features": rows.features[part::files].astype(np.float64).tolist(),
                "labels": rows.labels[part::files].astype(int).tolist(),
                "weight": rows.weights[part::files],
            }
        )
        pq.write_table(table, folder / f"rows-{part}.parquet", row_group_size=16)
    return RowFiles.in_folder(folder)


def test_what_is_staged_is_read_back_by_the_workers_once_each(tmp_path: Path) -> None:
    files = stage(TRAIN, tmp_path, 3)
    for rank in range(3):
        part = together(files.part(rank, 3))
        np.testing.assert_array_equal(part.features, TRAIN.features[rank::3])
        np.testing.assert_array_equal(part.labels, TRAIN.labels[rank::3])
        np.testing.assert_array_equal(part.weights, TRAIN.weights[rank::3])


def test_files_are_dealt_out_in_order_of_their_names_and_each_to_one_worker(tmp_path: Path) -> None:
    files = write_parquet(TRAIN, tmp_path / "rows", 5)
    assert [Path(p).name for p in files.part(0, 2).paths] == [f"rows-{i}.parquet" for i in (0, 2, 4)]
    assert [Path(p).name for p in files.part(1, 2).paths] == [f"rows-{i}.parquet" for i in (1, 3)]


@pytest.mark.parametrize("external", [False, True])
def test_bins_from_files_are_those_of_the_rows_in_memory(tmp_path: Path, external: bool) -> None:
    rows = make_rows(5000, seed=3)
    files = write_parquet(rows, tmp_path / "rows", 1)
    cache = tmp_path / "cache" if external else None
    matrix = binned(files, max_bin=32, threads=1, cache=cache)
    plain = xgboost.QuantileDMatrix(rows.features, label=rows.labels, weight=rows.weights, max_bin=32)
    settings = {"objective": "binary:logistic", "max_bin": 32, "max_depth": 3, "subsample": 0.7, "nthread": 1}
    found, expected = (xgboost.train(settings, one, num_boost_round=4) for one in (matrix, plain))
    assert found.get_dump(with_stats=True) == expected.get_dump(with_stats=True)


def test_validation_in_the_bins_of_training_is_answered_exactly(tmp_path: Path) -> None:
    rows, held_out = make_rows(800, seed=3), make_rows(200, seed=4)
    train = binned(stage(rows, tmp_path / "train", 1), max_bin=16, threads=1)
    validation = binned(stage(held_out, tmp_path / "validation", 1), max_bin=16, threads=1, like=train)
    booster = xgboost.train({"objective": "binary:logistic", "max_bin": 16}, train, num_boost_round=5)
    expected = booster.predict(xgboost.DMatrix(held_out.features))
    np.testing.assert_array_equal(booster.predict(validation), expected)


def test_rows_that_ray_data_wrote_are_read(ray_cluster: str, tmp_path: Path) -> None:
    import ray

    columns = {"features": TRAIN.features, "labels": TRAIN.labels.astype(np.uint8), "weight": TRAIN.weights}
    rows = ray.data.from_items([{name: column[i] for name, column in columns.items()} for i in range(40)])
    rows.write_parquet(str(tmp_path / "rows"))
    found = together(RowFiles.in_folder(tmp_path / "rows"))
    order = np.lexsort(TRAIN.features[:40].T)
    again = np.lexsort(found.features.T)
    np.testing.assert_array_equal(found.features[again], TRAIN.features[:40][order])
    np.testing.assert_array_equal(found.labels[again], TRAIN.labels[:40][order])


def test_a_folder_without_rows_says_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match=r"no .parquet or .arrow file"):
        RowFiles.in_folder(tmp_path)
    pq.write_table(pa.table({"features": [[1.0]]}), tmp_path / "a.parquet")
    with pytest.raises(TrainingError, match=r"a.parquet: no column labels, weight"):
        RowFiles.in_folder(tmp_path)


def test_fewer_rows_than_workers_are_refused(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="cannot be shared by 3 workers"):
        stage(make_rows(2, seed=1), tmp_path, 3)
