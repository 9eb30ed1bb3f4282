"""The files of `cluster/` as the tests look at them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.cluster.kustomizing import Resource, build

ROOT = Path(__file__).resolve().parents[2]
KUBERAY = ROOT / "cluster" / "kuberay"
SCHEMAS = ROOT.parent / "shared" / "schemas"
ENVIRONMENTS = ("dev", "staging", "prod")
IMAGES = ("trending", "trending-gpu")


@cache
def environment(name: str) -> tuple[Resource, ...]:
    """All resources of an environment. Not to be changed."""
    return tuple(build(KUBERAY / "overlays" / name))


@cache
def jobs() -> tuple[Resource, ...]:
    """The RayJobs. Not to be changed."""
    return tuple(build(KUBERAY / "jobs"))


def of_kind(resources: tuple[Resource, ...], kind: str) -> list[Resource]:
    return [one for one in resources if one["kind"] == kind]


def ray_specs(resources: tuple[Resource, ...]) -> dict[str, dict[str, Any]]:
    """Specs of Ray clusters: that of the jobs and that of the service."""
    found = {one["metadata"]["name"]: one["spec"] for one in of_kind(resources, "RayCluster")}
    services = of_kind(resources, "RayService")
    return found | {one["metadata"]["name"]: one["spec"]["rayClusterConfig"] for one in services}


def ray_pods(spec: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Pod templates of a Ray cluster: `head`, and the name of each worker group."""
    workers = {group["groupName"]: group["template"] for group in spec["workerGroupSpecs"]}
    return {"head": spec["headGroupSpec"]["template"]} | workers


def pods(resources: tuple[Resource, ...]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every pod template of an environment, named."""
    for cluster, spec in ray_specs(resources).items():
        for name, template in ray_pods(spec).items():
            yield f"{cluster}/{name}", template
    for one in of_kind(resources, "StatefulSet"):
        yield one["metadata"]["name"], one["spec"]["template"]


def entrypoints() -> dict[str, str]:
    """Command lines of the RayJobs and of the scheduled ones, by name."""
    found = {one["metadata"]["name"]: one["spec"]["entrypoint"] for one in jobs()}
    scheduled = of_kind(environment("prod"), "RayCronJob")
    return found | {one["metadata"]["name"]: one["spec"]["jobTemplate"]["entrypoint"] for one in scheduled}


def kuberay_schemas() -> dict[str, dict[str, Any]]:
    """OpenAPI schemas of KubeRay's kinds, version v1. Skips, or fails where the real data is required."""
    files = sorted(SCHEMAS.glob("ray.io_*.yaml"))
    if not files:
        message = f"KubeRay's resource definitions are not at {SCHEMAS}"
        if os.environ.get("TRENDING_REQUIRE_REAL_DATA"):
            pytest.fail(message)
        pytest.skip(message)
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    found = {}
    for file in files:
        definition = yaml.load(file.read_text(encoding="utf-8"), loader)
        version = next(one for one in definition["spec"]["versions"] if one["name"] == "v1")
        found[definition["spec"]["names"]["kind"]] = version["schema"]["openAPIV3Schema"]
    return found
