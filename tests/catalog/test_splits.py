from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date

import numpy as np
import pyarrow as pa
import pytest

from trending.catalog.splits import SPLITS, rare_genre_weights, split_of, time_split
from trending.settings import SplitSettings

SETTINGS = SplitSettings()


def titles(rows: Sequence[tuple[str, date | None, int | None]]) -> pa.Table:
    schema = pa.schema([("title_key", pa.string()), ("added_on", pa.date32()), ("release_year", pa.int32())])
    return pa.Table.from_pylist([dict(zip(schema.names, row, strict=True)) for row in rows], schema=schema)


def test_the_split_is_a_function_of_the_key_alone() -> None:
    keys = [f"title {n} (2001)" for n in range(50)]
    assert [split_of(k, SETTINGS) for k in keys] == [split_of(k, SETTINGS) for k in keys]
    assert split_of("paper moon (1973)", SETTINGS) == "train"


def test_shares_are_those_of_the_settings() -> None:
    shares = Counter(split_of(f"title {n}", SETTINGS) for n in range(20_000))
    assert [shares[name] / 20_000 for name in SPLITS] == pytest.approx([0.70, 0.15, 0.15], abs=0.01)


def test_a_larger_training_share_only_moves_titles_towards_training() -> None:
    larger = SplitSettings(train=0.8, validation=0.1)
    for n in range(500):
        before, after = split_of(f"t{n}", SETTINGS), split_of(f"t{n}", larger)
        assert SPLITS.index(after) <= SPLITS.index(before)


def test_the_time_split_trains_on_earlier_and_tests_on_later_additions() -> None:
    rows = [(f"t{n}", date(2000 + n // 12, n % 12 + 1, 1), 1950) for n in range(200)]
    splits = time_split(titles(rows[::-1]), SETTINGS).to_pylist()[::-1]
    assert splits == sorted(splits, key=SPLITS.index)
    assert Counter(splits) == {"train": 140, "validation": 30, "test": 30}


def test_without_a_date_the_release_year_counts() -> None:
    rows = [("old", None, 1950), ("mid", date(1990, 1, 1), 2020), ("new", None, 2021), ("none", None, None)]
    splits = time_split(titles(rows), SplitSettings(train=0.5, validation=0.25)).to_pylist()
    assert splits == ["train", "validation", "test", "train"]


def test_the_same_work_never_straddles_the_time_split() -> None:
    rows = [("both", date(2000, 1, 1), 2000), ("both", date(2021, 1, 1), 2000)]
    rows += [(f"t{n}", date(2001 + n, 1, 1), 2000) for n in range(18)]
    splits = time_split(titles(rows), SETTINGS).to_pylist()
    assert splits[0] == splits[1] == "train"


def test_rare_genres_weigh_more_and_the_mean_is_one() -> None:
    genres = [["Drama"]] * 90 + [["Drama", "Western"]] * 10 + [[]] * 5
    weights = rare_genre_weights(genres, strength=1.0)
    assert weights.dtype == np.float32
    assert weights.mean() == pytest.approx(1.0)
    assert weights[95] / weights[0] == pytest.approx(10.0)
    assert weights[104] == weights[0]


def test_no_strength_and_no_genres_weigh_all_rows_alike() -> None:
    assert rare_genre_weights([["Drama"], ["Western"], ["Drama"]], strength=0.0).tolist() == [1, 1, 1]
    assert rare_genre_weights([[], []], strength=1.0).tolist() == [1, 1]
