"""What fits on a cluster, and what is said of what does not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from trending.planning.ask import Ask, Step
from trending.planning.cluster import Cluster, pools_of
from trending.planning.fit import judge
from trending.settings import PoolSettings

WORKERS = Ask("workers", 2, 2, cpus=4, settings="train.xgboost")


def cluster(*pools: dict[str, Any]) -> Cluster:
    shape = {"cpus": 8, "memory_gib": 32}
    return Cluster(
        "mine", [PoolSettings.model_validate({"name": str(n), **shape, **one}) for n, one in enumerate(pools)]
    )


def placed(one: Cluster, *asks: Ask) -> list[int]:
    return list(judge(Step("Step", asks), one).placed)


def refusals(one: Cluster, *asks: Ask) -> str:
    return "\n".join(judge(Step("Step", asks), one).refusals)


def test_nodes_that_an_autoscaler_may_add_count() -> None:
    big = replace(WORKERS, cpus=8)
    assert "there is room for 1 of them" in refusals(cluster({}), big)
    assert not refusals(cluster({"min_nodes": 0, "max_nodes": 2}), big)


@pytest.mark.parametrize(
    ("ask", "told"),
    [
        (replace(WORKERS, cpus=9), "the largest node has 8 CPU(s)"),
        (replace(WORKERS, memory_gib=33), "the largest node has 32 GiB of memory"),
        (replace(WORKERS, gpus=2), "the largest node has 1 GPU(s)"),
        (replace(WORKERS, gpus=1, accelerator_type="A100"), "there is no A100 (kinds of GPU: L4)"),
    ],
)
def test_a_refusal_says_what_how_much_and_what_to_do(ask: Ask, told: str) -> None:
    there = cluster({"max_nodes": 3}, {"gpus": 1, "accelerator_type": "L4", "max_nodes": 2})
    text = refusals(there, ask)
    assert "2 workers need" in text
    assert told in text
    assert "train.xgboost" in text


def test_a_kind_of_gpu_is_taken_from_its_own_nodes() -> None:
    there = cluster({"gpus": 4, "accelerator_type": "T4"}, {"gpus": 1, "accelerator_type": "L4"})
    asked = Ask("workers", 1, 4, cpus=1, gpus=1, accelerator_type="L4")
    assert placed(there, asked) == [1]
    assert placed(there, replace(asked, accelerator_type=None)) == [4]


def test_what_needs_no_gpu_leaves_their_cpus_to_what_does() -> None:
    there = cluster({"gpus": 1, "cpus": 4}, {"cpus": 4})
    plain, with_gpu = Ask("plain", 1, 1, cpus=4), Ask("with", 1, 1, cpus=4, gpus=1)
    assert not refusals(there, plain, with_gpu)


def test_what_a_step_asks_for_together_must_fit_together() -> None:
    there = cluster({})
    assert not refusals(there, WORKERS)
    text = refusals(there, WORKERS, Ask("tasks", 1, None, cpus=1))
    assert "1 tasks need 1 CPU(s) each" in text
    assert "with all that 'Step' needs there is room for 0" in text


@pytest.mark.parametrize(
    ("placement", "fits"), [("PACK", True), ("SPREAD", True), ("STRICT_PACK", True), ("STRICT_SPREAD", False)]
)
def test_one_node_has_room_for_two_unless_they_must_be_apart(placement: Any, fits: bool) -> None:
    assert (not refusals(cluster({}), replace(WORKERS, placement=placement))) == fits


@pytest.mark.parametrize(
    ("placement", "fits"), [("PACK", True), ("SPREAD", True), ("STRICT_PACK", False), ("STRICT_SPREAD", True)]
)
def test_two_nodes_have_room_for_two_unless_they_must_be_together(placement: Any, fits: bool) -> None:
    asked = replace(WORKERS, cpus=5, placement=placement)
    assert (not refusals(cluster({"max_nodes": 2}), asked)) == fits


def test_more_than_the_least_is_told_but_not_asked_for() -> None:
    elastic = Ask("workers", 1, 8, cpus=4)
    assert placed(cluster({}), elastic) == [2]
    assert not refusals(cluster({}), elastic)
    assert placed(cluster({}), elastic, Ask("tasks", 1, None, cpus=1)) == [1, 4]


def test_fractions_of_a_cpu_fill_a_node() -> None:
    assert placed(cluster({"cpus": 1}), Ask("replicas", 10, 10, cpus=0.1)) == [10]


def test_a_running_cluster_is_its_nodes_and_what_its_autoscaler_may_add() -> None:
    gpu = {"CPU": 8.0, "GPU": 1.0, "memory": 2.0**35, "accelerator_type:L4": 1.0}
    nodes = [(0.0, 0.0, 8.0, None), (8.0, 1.0, 32.0, "L4")]
    pools = pools_of(nodes, [("gpu", gpu, 4), ("full", {"CPU": 0}, 1), ("cpu", {"CPU": 16}, 2)])
    told = [
        (one.name, one.cpus, one.gpus, one.accelerator_type, one.min_nodes, one.max_nodes) for one in pools
    ]
    assert told == [
        ("nodes 1", 0, 0, None, 1, 1),
        ("nodes 2", 8, 1, "L4", 1, 1),
        ("gpu (may come)", 8, 1, "L4", 0, 3),
        ("cpu (may come)", 16, 0, None, 0, 2),
    ]
    assert (Cluster("x", pools).gpus, Cluster("x", pools).cpus) == (1, 8)
