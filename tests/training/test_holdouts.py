from __future__ import annotations

import numpy as np
import pytest

from tests.evaluation.small_catalog import commit, some
from trending.errors import TrainingError
from trending.features.documents import DocumentSet, load_documents
from trending.settings import Settings
from trending.training.holdouts import (
    MOST_PLATFORMS,
    Holdout,
    Origins,
    check_holdout,
    choose_platforms,
    of_platform,
    read_origins,
)


@pytest.fixture
def documents(settings: Settings) -> DocumentSet:
    snapshot = commit(
        settings,
        some(4, "n", split="train"),
        some(3, "n-val", split="validation"),
        some(2, "n-test", split="test"),
        some(3, "a", platform="Amazon", split="train"),
        some(1, "a-val", platform="Amazon", split="validation"),
        some(1, "same work", platform="Amazon", title_key="n 0 (1999)", split="train"),
        some(1, "same plot", platform="Amazon", content_hash="hash of n-val 1", split="validation"),
    )
    return load_documents(settings, snapshot)


def titles_of(holdout: Holdout, split: str) -> set[str]:
    return set(holdout.documents.subset(split).title_ids)


def test_a_platform_is_tested_whole_and_never_learnt_from(settings: Settings, documents: DocumentSet) -> None:
    origins = read_origins(settings, documents)
    held = of_platform(documents, origins, "Amazon")
    amazon = {t for t, p in zip(documents.title_ids, origins.platforms, strict=True) if p == "Amazon"}
    assert titles_of(held, "test") == amazon
    assert titles_of(held, "validation") == {"id-n-val 0", "id-n-val 2"}
    assert titles_of(held, "train") == {"id-n 1", "id-n 2", "id-n 3", "id-n-test 0", "id-n-test 1"}
    assert (held.name, held.platform) == ("without Amazon", "Amazon")


def test_a_work_or_a_plot_that_both_platforms_have_is_tested_and_not_learnt(
    settings: Settings, documents: DocumentSet
) -> None:
    held = of_platform(documents, read_origins(settings, documents), "Netflix")
    learnt = titles_of(held, "train") | titles_of(held, "validation")
    assert learnt == {"id-a 0", "id-a 1", "id-a 2", "id-a-val 0"}
    assert {"id-n 0", "id-n-val 1"} <= titles_of(held, "test")
    rows = {t: held.documents.labels[i].tolist() for i, t in enumerate(held.documents.title_ids)}
    before = {t: documents.labels[i].tolist() for i, t in enumerate(documents.title_ids)}
    assert all(before[t] == labels for t, labels in rows.items())


def origins_of(**counts: int) -> Origins:
    platforms = np.array([name for name, count in counts.items() for _ in range(count)])
    return Origins(platforms, np.arange(len(platforms)).astype(str))


def test_the_largest_platforms_are_left_out_where_none_is_named() -> None:
    origins = origins_of(a=40, b=90, c=10, d=50, e=60, f=70)
    assert choose_platforms(origins, (), least=30) == ["b", "f", "e", "d"]
    assert len(choose_platforms(origins, (), least=5)) == MOST_PLATFORMS
    assert choose_platforms(origins, ("c", "a", "c"), least=30) == ["c", "a"]


def test_a_single_platform_cannot_be_left_out_and_a_stranger_is_named() -> None:
    assert choose_platforms(origins_of(a=40), (), least=30) == []
    with pytest.raises(TrainingError, match=r"no platform 'z' here. There are: a, b"):
        choose_platforms(origins_of(a=40, b=9), ("z",), least=30)


def test_a_holdout_that_leaves_too_little_is_refused(settings: Settings, documents: DocumentSet) -> None:
    with pytest.raises(TrainingError, match="without Amazon: 5 titles in the train split"):
        check_holdout(of_platform(documents, read_origins(settings, documents), "Amazon"))
