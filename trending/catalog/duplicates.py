"""Rows that are the same title twice: the same id, the same plot, or nearly the same plot.

MinHash over word shingles (Broder 1997), 16 bits of each minimum kept (Li and König 2010), banded into
locality-sensitive hashing. All of it in NumPy over whole batches: several times faster than one object a row.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from trending.catalog.text import words_of

PERMUTATIONS = 128
BANDS = 16
"""Bands of 8 values: two plots of similarity 0.9 share one with probability 0.9999, of 0.5 with 0.06."""
SHINGLE_WORDS = 3
SIGNATURE_BYTES = 2 * PERMUTATIONS

_SEED = 20260
_NO_WORD = ""
_WINDOW = 32
"""Plots that follow each other in a band and are compared; more than this many alike chain together."""

_Words = npt.NDArray[np.uint64]
_Signatures = npt.NDArray[np.uint16]
_Nodes64 = npt.NDArray[np.int64]


class Duplicates(NamedTuple):
    """What is kept of the incoming rows, and where the others went."""

    kept: list[int]
    """Indices of the rows that stay, ascending; no two have the same `title_id`."""
    merged: Mapping[int, str]
    """Index of every other row -> the `title_id` it was merged into: kept, or already in the table."""


def find_duplicates(rows: pa.Table, existing: pa.Table | None, *, similarity: float) -> Duplicates:
    """Group the rows of one platform that have the same `content_hash` or plots at least `similarity` alike,
    and all rows that have the same `title_id` (the key of the table); keep one of each group.

    Reads `title_id`, `platform`, `title`, `content_hash`, `minhash`, and `row_hash` and `row_ref` where they
    are there. A title that is in the table already is never merged away; else the shortest title wins, then
    the smallest id. The result does not depend on the order of the rows.
    """
    nodes = _Nodes.of(rows, existing)
    groups = _Groups(len(nodes.rank))
    for left, right in _edges(nodes, similarity):
        groups.join(left, right)
    kept, merged = [], {}
    for members in groups.members():
        winner = min(members, key=nodes.rank.__getitem__)
        chosen: set[str] = set()
        for node in sorted(members, key=nodes.rank.__getitem__):
            title_id, index = nodes.title_ids[node], nodes.index[node]
            stays = node == winner or (nodes.settled[node] and title_id not in chosen)
            chosen.add(title_id)
            if index is None:
                continue
            if stays:
                kept.append(index)
            else:
                same_title = nodes.settled[node]
                merged[index] = title_id if same_title else nodes.title_ids[winner]
    return Duplicates(sorted(kept), merged)


def signatures(plots: Sequence[str]) -> list[bytes]:
    """MinHash signatures of the plots' word shingles, `SIGNATURE_BYTES` each: the same on every machine."""
    if not plots:
        return []
    shingles, starts = _shingles(plots)
    hashed = np.empty_like(shingles)
    minima = np.empty((len(plots), PERMUTATIONS), dtype="<u2")
    for column, (multiplier, offset) in enumerate(_permutations()):
        np.multiply(shingles, multiplier, out=hashed)
        np.add(hashed, offset, out=hashed)
        minima[:, column] = np.minimum.reduceat(hashed, starts)  # keeps the low 16 bits
    return [row.tobytes() for row in minima]


def estimated_similarity(left: bytes, right: bytes) -> float:
    """Estimated Jaccard similarity of the shingles behind two signatures, standard error below 0.05."""
    return float(np.mean(np.frombuffer(left, "<u2") == np.frombuffer(right, "<u2")))


class _Nodes(NamedTuple):
    """Incoming rows, and the table's rows that no incoming row replaces, in an order of their own."""

    index: list[int | None]
    """Index of the incoming row; None for a row of the table."""
    title_ids: list[str]
    settled: list[bool]
    """The title is in the table already."""
    platforms: list[str]
    hashes: list[str]
    signatures: _Signatures
    rank: list[tuple[bool, int, str, int]]
    """The smallest of a group wins."""

    @classmethod
    def of(cls, rows: pa.Table, existing: pa.Table | None) -> _Nodes:
        incoming = _light(rows)
        there = [] if existing is None else _light(existing)
        known = {row["title_id"] for row in there}
        replaced = {row["title_id"] for row in incoming}
        entries = [(row, index, row["title_id"] in known) for index, row in enumerate(incoming)]
        entries += [(row, None, True) for row in there if row["title_id"] not in replaced]
        entries.sort(key=_canonical_order)
        minhashes = b"".join(row["minhash"] for row, _, _ in entries)
        return cls(
            index=[index for _, index, _ in entries],
            title_ids=[row["title_id"] for row, _, _ in entries],
            settled=[settled for _, _, settled in entries],
            platforms=[row["platform"] for row, _, _ in entries],
            hashes=[row["content_hash"] for row, _, _ in entries],
            signatures=np.frombuffer(minhashes, "<u2").reshape(len(entries), PERMUTATIONS),
            rank=[
                (not settled, len(row["title"]), row["title_id"], place)
                for place, (row, _, settled) in enumerate(entries)
            ],
        )


def _light(table: pa.Table) -> list[dict[str, Any]]:
    names = ["title_id", "platform", "title", "content_hash", "minhash"]
    names += [name for name in ("row_hash", "row_ref") if name in table.column_names]
    return table.select(names).to_pylist()


def _canonical_order(entry: tuple[dict[str, Any], int | None, bool]) -> tuple[Any, ...]:
    row, index, settled = entry
    return (
        row["platform"],
        not settled,
        len(row["title"]),
        row["title_id"],
        row["content_hash"],
        row["title"],
        row.get("row_hash", ""),
        row.get("row_ref", ""),
        index is None,
    )


def _edges(nodes: _Nodes, similarity: float) -> Iterator[tuple[int, int]]:
    """Pairs of nodes to be merged: enough of them to connect each group."""
    yield from _same(nodes.title_ids)
    plots = list(zip(nodes.platforms, nodes.hashes, strict=True))
    yield from _same(plots)
    first = {plot: node for node, plot in reversed(list(enumerate(plots)))}
    distinct = np.array(sorted(first.values()), dtype=np.int64)
    if len(distinct) < 2:
        return
    platforms = np.unique(np.array(nodes.platforms, dtype=object)[distinct], return_inverse=True)[1]
    sketches = nodes.signatures[distinct]
    for left, right in _candidates(platforms.astype(np.uint64), sketches):
        alike = np.mean(sketches[left] == sketches[right], axis=1) >= similarity
        yield from zip(distinct[left[alike]].tolist(), distinct[right[alike]].tolist(), strict=True)


def _same(values: Sequence[Hashable]) -> Iterator[tuple[int, int]]:
    first: dict[Hashable, int] = {}
    for node, value in enumerate(values):
        if (earlier := first.setdefault(value, node)) != node:
            yield earlier, node


def _candidates(platforms: _Words, sketches: _Signatures) -> Iterator[tuple[_Nodes64, _Nodes64]]:
    """Pairs that share a band and a platform, band by band (a pair may come in several)."""
    bands = np.ascontiguousarray(sketches).view("<u8").reshape(len(sketches), BANDS, -1)
    for band in range(BANDS):
        key = _mixed(platforms)
        for word in range(bands.shape[2]):
            key = _mixed(key ^ bands[:, band, word])
        order = np.argsort(key, kind="stable")
        key = key[order]
        for step in range(1, _WINDOW + 1):
            same = np.flatnonzero(key[step:] == key[:-step])
            if not len(same):
                break
            yield order[same], order[same + step]


def _shingles(plots: Sequence[str]) -> tuple[npt.NDArray[np.uint32], _Nodes64]:
    """Hashes of the word shingles of all plots after each other, and where each plot's begin."""
    from pandas.util import hash_array

    words: list[str] = []
    starts = np.empty(len(plots), dtype=np.int64)
    for row, plot in enumerate(plots):
        starts[row] = len(words)
        words += words_of(plot).split() or [_NO_WORD]
        words += [_NO_WORD] * (SHINGLE_WORDS - (len(words) - starts[row]))
    hashed = hash_array(np.array(words, dtype=object))  # pyright: ignore[reportCallIssue]
    shingles = np.zeros(len(words), dtype=np.uint64)
    for place in range(SHINGLE_WORDS):
        shingles = _mixed(shingles ^ np.roll(hashed, -place))
    lengths = np.diff(starts, append=len(words)) - (SHINGLE_WORDS - 1)
    within = np.arange(len(words)) - np.repeat(starts, lengths + SHINGLE_WORDS - 1)
    inside = within < np.repeat(lengths, lengths + SHINGLE_WORDS - 1)
    return shingles[inside].astype(np.uint32), np.concatenate([[0], np.cumsum(lengths)[:-1]])


def _mixed(values: _Words) -> _Words:
    """SplitMix64's finaliser (Steele, Lea and Flood 2014): neighbouring numbers end far apart."""
    values = (values + np.uint64(0x9E3779B97F4A7C15)).astype(np.uint64)
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


@cache
def _permutations() -> npt.NDArray[np.uint32]:
    """Multipliers and offsets `[PERMUTATIONS, 2]` of linear permutations of the 32-bit numbers."""
    raw = np.random.PCG64(_SEED).random_raw(2 * PERMUTATIONS).astype(np.uint32)
    return raw.reshape(PERMUTATIONS, 2) | np.array([1, 0], dtype=np.uint32)


class _Groups:
    """Union-find."""

    def __init__(self, size: int) -> None:
        self._parent = list(range(size))

    def join(self, left: int, right: int) -> None:
        left, right = self._root(left), self._root(right)
        self._parent[max(left, right)] = min(left, right)

    def members(self) -> list[list[int]]:
        groups: defaultdict[int, list[int]] = defaultdict(list)
        for node in range(len(self._parent)):
            groups[self._root(node)].append(node)
        return list(groups.values())

    def _root(self, node: int) -> int:
        while self._parent[node] != node:
            self._parent[node] = self._parent[self._parent[node]]
            node = self._parent[node]
        return node
