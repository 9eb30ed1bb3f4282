from __future__ import annotations

import pyarrow as pa
import pytest

from tests.catalog.rows import entries, reviews, titles
from trending.catalog.snapshots import diff, log, resolve_snapshot, show
from trending.catalog.tables import Tables
from trending.errors import SnapshotError
from trending.settings import Settings

pytestmark = pytest.mark.usefixtures("ray_cluster")


@pytest.fixture
def versions(settings: Settings) -> list[int]:
    """Two versions: the second changes Beta, adds Gamma and a review, and no longer has Alpha."""
    tables = Tables(settings)
    tables.upsert(
        "quarantine", pa.concat_tables([entries("a:1"), entries("a:2", disposition="merged")]), key="entry_id"
    )
    first = tables.upsert(
        "titles",
        titles("Alpha", "Beta"),
        key="title_id",
        properties={**tables.heads(), "sources": "films", "changed": "2"},
    )
    tables.upsert("reviews", reviews("Superb."), key="review_id")
    tables.upsert(
        "titles",
        titles("Beta", "Gamma", genres=["Comedy", "Drama"]),
        key="title_id",
        properties=tables.heads(),
    )
    tables.delete("titles", key="title_id", values=["id-Alpha"])
    second = tables.commit_version({**tables.heads(), "sources": "films more"})
    assert first
    return [first, second]


def test_log_lists_versions_newest_first_with_their_figures(settings: Settings, versions: list[int]) -> None:
    found = log(settings)

    assert [found[0].snapshot_id, found[-1].snapshot_id] == [versions[1], versions[0]]
    assert [found[0].titles, found[-1].titles] == [2, 2]
    assert found[0].sources == ["films", "more"]
    assert found[-1].changed == 2
    assert found[-1].parent_id is None
    assert found[0].committed_at >= found[-1].committed_at


def test_diff_names_what_was_added_removed_and_changed(settings: Settings, versions: list[int]) -> None:
    found = diff(settings, *versions)

    assert [name.title for name in found.added] == ["Gamma"]
    assert [name.title for name in found.removed] == ["Alpha"]
    assert [change.title.title for change in found.changed] == ["Beta"]
    assert found.changed[0].fields == {"genres": (["Drama"], ["Comedy", "Drama"])}


def test_diff_backwards_swaps_added_and_removed(settings: Settings, versions: list[int]) -> None:
    found = diff(settings, versions[1], versions[0])

    assert ([n.title for n in found.added], [n.title for n in found.removed]) == (["Alpha"], ["Gamma"])
    assert found.changed[0].fields == {"genres": (["Comedy", "Drama"], ["Drama"])}


def test_diff_of_a_version_with_itself_is_empty(settings: Settings, versions: list[int]) -> None:
    found = diff(settings, "latest", versions[1])
    assert (found.added, found.removed, found.changed) == ([], [], [])


def test_show_counts_one_version(settings: Settings, versions: list[int]) -> None:
    before, after = show(settings, versions[0]), show(settings)

    assert before.genres == {"Drama": 2}
    assert after.genres == {"Comedy": 2, "Drama": 2}
    assert (before.reviews, after.reviews) == (0, 1)
    assert (after.quarantined, after.merged) == (1, 1)
    assert after.platforms == {"Netflix": 2}
    assert after.kinds == {"movie": 2}
    assert after.splits == {"train": 2}
    assert after.languages == {"en": 2}
    assert after.version.snapshot_id == versions[1]


def test_a_version_is_found_by_every_word_for_it(settings: Settings, versions: list[int]) -> None:
    ids = [version.snapshot_id for version in log(settings)]
    first, last = versions

    assert resolve_snapshot(settings) == resolve_snapshot(settings, "latest~0") == last
    assert resolve_snapshot(settings, f"latest~{len(ids) - 1}") == first
    assert resolve_snapshot(settings, "latest~") == last
    assert resolve_snapshot(settings, first) == resolve_snapshot(settings, str(first)) == first
    prefix = next(
        str(first)[:n] for n in range(1, 20) if sum(str(i).startswith(str(first)[:n]) for i in ids) == 1
    )
    assert resolve_snapshot(settings, prefix) == first


@pytest.mark.parametrize(
    ("word", "message"),
    [
        ("latest~99", "there are only"),
        ("latest~x", "number of versions"),
        ("0", "no snapshot '0'"),
        ("", "no snapshot ''"),
    ],
)
def test_a_word_that_fits_no_version_is_an_error(
    settings: Settings, versions: list[int], word: str, message: str
) -> None:
    with pytest.raises(SnapshotError, match=message):
        resolve_snapshot(settings, word)


def test_a_prefix_of_several_versions_is_an_error(
    settings: Settings, versions: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    found = log(settings)
    monkeypatch.setattr("trending.catalog.snapshots.log", lambda _: [found[0], found[0]])
    with pytest.raises(SnapshotError, match="fits 2 snapshots"):
        resolve_snapshot(settings, str(found[0].snapshot_id)[:4])


def test_before_the_first_ingest_there_is_nothing_to_show(settings: Settings) -> None:
    assert log(settings) == []
    with pytest.raises(SnapshotError, match="trending ingest"):
        show(settings)
