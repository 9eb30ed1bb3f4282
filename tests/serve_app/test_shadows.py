"""Shadow copies slow nothing: they are bounded, and their errors reach nobody."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import numpy as np

from serve_app.assignment_log import record_of
from serve_app.contracts import AssignmentRecord, Classified, ModelCard, TrafficPolicy
from serve_app.shadows import MAX_UNDER_WAY, Shadows, genre_agreement
from serve_app.splitting import Assigned

CARD = ModelCard("bert", "3", "digest", "1", ("Comedy", "Drama"), (0.5, 0.5), 2)
POLICY = TrafficPolicy("3", "bert", challenger="4", challenger_kind="bert", shadow=1.0)
RECORD = record_of(Assigned("champion", "bert", "3"), "key", "r", titles=2, seconds=0.01)
SHADOW = Assigned("challenger", "bert", "4")


def answer(*rows: tuple[float, float]) -> Classified:
    return Classified(np.array(rows, np.float32), CARD)


class Records(list[AssignmentRecord]):
    def record(self, record: AssignmentRecord) -> None:
        self.append(record)


def test_no_more_than_so_many_are_under_way_and_all_are_logged() -> None:
    async def run() -> Records:
        records, gate = Records(), asyncio.Event()

        async def slow(policy: TrafficPolicy, shadow: Assigned, documents: Sequence[str]) -> Classified:
            await gate.wait()
            return answer((0.9, 0.1), (0.1, 0.9))

        shadows = Shadows(slow, records)  # type: ignore[arg-type]
        champion = answer((0.8, 0.2), (0.8, 0.9))
        sent = [shadows.send(POLICY, SHADOW, ["a", "b"], champion, RECORD) for _ in range(MAX_UNDER_WAY + 3)]
        assert sent == [True] * MAX_UNDER_WAY + [False] * 3
        assert not records
        gate.set()
        while len(records) < MAX_UNDER_WAY:
            await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert shadows.send(POLICY, SHADOW, ["a", "b"], champion, RECORD)
        return records

    records = asyncio.run(run())
    assert {(one.shadowed_by, one.shadow_agreement) for one in records} == {("4", 0.5)}


def test_a_challenger_that_fails_leaves_a_record_without_a_shadow() -> None:
    async def run() -> Records:
        records = Records()

        async def broken(policy: TrafficPolicy, shadow: Assigned, documents: Sequence[str]) -> Classified:
            raise ValueError("broken")

        Shadows(broken, records).send(POLICY, SHADOW, ["a"], answer((0.8, 0.2)), RECORD)  # type: ignore[arg-type]
        while not records:
            await asyncio.sleep(0)
        return records

    assert asyncio.run(run()) == [RECORD]


def test_titles_agree_where_the_same_genres_are_assigned() -> None:
    one = answer((0.9, 0.1), (0.6, 0.6), (0.1, 0.1), (0.9, 0.9))
    other = answer((0.5, 0.4), (0.9, 0.5), (0.2, 0.8), (0.9, 0.1))
    assert genre_agreement(one, other) == 0.5
    empty = Classified(np.zeros((0, 2), np.float32), CARD)
    assert genre_agreement(empty, empty) == 1.0
