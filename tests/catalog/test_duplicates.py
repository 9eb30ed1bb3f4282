from __future__ import annotations

import random
import subprocess
import sys

import pyarrow as pa
import pytest

from trending.catalog.duplicates import (
    SIGNATURE_BYTES,
    Duplicates,
    estimated_similarity,
    find_duplicates,
    signatures,
)
from trending.catalog.identity import content_hash

WORDS = [f"word{n}" for n in range(400)]
PLOT = " ".join(WORDS[:60])
NEARLY = PLOT.replace("word59", "changed")
OTHER = " ".join(WORDS[200:260])


def row(
    title_id: str, plot: str, *, platform: str = "Netflix", title: str = "Title", ref: str = "a:1"
) -> dict[str, object]:
    return {
        "title_id": title_id,
        "platform": platform,
        "title": title,
        "content_hash": content_hash(plot),
        "minhash": signatures([plot])[0],
        "row_hash": f"{title_id}{plot}{title}",
        "row_ref": ref,
    }


def merge(rows: list[dict[str, object]], existing: list[dict[str, object]] | None = None) -> Duplicates:
    table = pa.Table.from_pylist(existing) if existing else None
    return find_duplicates(pa.Table.from_pylist(rows), table, similarity=0.9)


def shingles(text: str) -> set[tuple[str, ...]]:
    words = text.split()
    return set(zip(words, words[1:], words[2:], strict=False))


def test_estimated_similarity_is_near_the_true_one() -> None:
    for changed in range(0, 60, 7):
        other = " ".join(WORDS[changed : 60 + changed])
        true = len(shingles(PLOT) & shingles(other)) / len(shingles(PLOT) | shingles(other))
        left, right = signatures([PLOT, other])
        assert estimated_similarity(left, right) == pytest.approx(true, abs=0.15)


def test_a_signature_does_not_depend_on_its_batch_or_process() -> None:
    alone = signatures([PLOT])[0]
    assert len(alone) == SIGNATURE_BYTES
    assert signatures([OTHER, "", "one", PLOT, "two words"])[3] == alone
    code = f"from trending.catalog.duplicates import signatures; print(signatures([{PLOT!r}])[0].hex())"
    fresh = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert bytes.fromhex(fresh.stdout) == alone


def test_no_plots_have_no_signatures() -> None:
    assert signatures([]) == []


def test_near_duplicates_of_one_platform_merge_into_the_shortest_title() -> None:
    found = merge(
        [row("b", PLOT, title="Rain (Remastered)"), row("c", NEARLY, title="Rain"), row("a", OTHER)]
    )
    assert found == ([1, 2], {0: "c"})


def test_equal_titles_merge_into_the_smallest_id() -> None:
    assert merge([row("z", PLOT), row("b", PLOT)]) == ([1], {0: "b"})


def test_the_same_plot_on_two_platforms_stays_twice() -> None:
    assert merge([row("a", PLOT), row("b", PLOT, platform="Amazon")]) == ([0, 1], {})


def test_the_same_id_is_one_row_whatever_its_plot_and_platform() -> None:
    found = merge([row("a", PLOT, title="Rain (4K)"), row("a", OTHER, title="Rain", platform="Amazon")])
    assert found == ([1], {0: "a"})


def test_different_plots_stay() -> None:
    assert merge([row("a", PLOT), row("b", OTHER)]) == ([0, 1], {})


def test_a_row_already_in_the_table_wins() -> None:
    there = [row("z", PLOT, title="A much longer title")]
    assert merge([row("a", NEARLY)], there) == ([], {0: "z"})
    assert merge([row("a", NEARLY), there[0]], there) == ([1], {0: "z"})


def test_an_update_is_compared_by_its_new_plot() -> None:
    there = [row("z", PLOT)]
    assert merge([row("z", OTHER), row("a", NEARLY)], there) == ([0, 1], {})


def test_titles_in_the_table_are_never_merged_away() -> None:
    there = [row("y", PLOT), row("z", OTHER)]
    assert merge([row("y", OTHER), row("z", OTHER)], there) == ([0, 1], {})


def test_running_again_gives_the_same_answer() -> None:
    rows = [
        row("b", PLOT, title="Rain (4K)"),
        row("b", PLOT, title="Rain"),
        row("c", NEARLY),
        row("d", OTHER),
    ]
    first = merge(rows)
    assert merge(rows, [rows[index] for index in first.kept]) == first


def test_a_chain_of_near_duplicates_is_one_group() -> None:
    second = NEARLY.replace("word0 ", "new0 ")
    found = merge([row(name, plot) for name, plot in zip("abc", (PLOT, NEARLY, second), strict=True)])
    assert found == ([0], {1: "a", 2: "a"})


def test_the_order_of_the_rows_does_not_matter() -> None:
    rows = [
        row(f"{n % 40:02d}", " ".join(WORDS[n % 17 * 5 : n % 17 * 5 + 30]), ref=f"a:{n}") for n in range(80)
    ]
    plain = merge(rows)
    order = list(range(80))
    random.Random(1).shuffle(order)
    shuffled = merge([rows[index] for index in order])
    assert sorted(order[index] for index in shuffled.kept) == plain.kept
    assert {order[index]: winner for index, winner in shuffled.merged.items()} == plain.merged


def test_many_copies_of_one_plot_are_found() -> None:
    rows = [row(f"{n:03d}", PLOT.replace(f"word{n % 50 + 3} ", "x ") if n % 2 else PLOT) for n in range(120)]
    found = find_duplicates(pa.Table.from_pylist(rows), None, similarity=0.8)
    assert found.kept == [0]


def test_nothing_in_nothing_out() -> None:
    empty = pa.Table.from_pylist([row("a", PLOT)]).slice(0, 0)
    assert find_duplicates(empty, None, similarity=0.9) == ([], {})
