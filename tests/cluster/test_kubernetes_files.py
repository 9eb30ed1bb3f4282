"""Kubernetes files: against the schemas of Kubernetes and of KubeRay, and against what KubeRay itself refuses."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from typing import Any

import kubernetes_validate
import pytest
import yaml
from jsonschema import Draft202012Validator

from tests.cluster.manifests import (
    ENVIRONMENTS,
    KUBERAY,
    environment,
    jobs,
    kuberay_schemas,
    of_kind,
    pods,
    ray_pods,
    ray_specs,
)

EVERYWHERE = pytest.mark.parametrize("name", ENVIRONMENTS)
KUBERNETES = ("1.31", "1.37")
"""The oldest and the newest that the files are meant for."""
MONITORING = "monitoring.coreos.com/v1"


@pytest.fixture(scope="module")
def kuberay() -> dict[str, Draft202012Validator]:
    return {kind: Draft202012Validator(_closed(schema)) for kind, schema in kuberay_schemas().items()}


def _closed(schema: Any) -> Any:
    """A structural schema as the API server with strict validation takes it: no field that it does not name."""
    if isinstance(schema, list):
        return [_closed(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {key: _closed(value) for key, value in schema.items() if key != "format"}
    if schema.get("x-kubernetes-int-or-string"):
        return {"type": ["integer", "string"], **{k: v for k, v in closed.items() if k == "pattern"}}
    open_ended = "additionalProperties" in schema or schema.get("x-kubernetes-preserve-unknown-fields")
    if "properties" in schema and isinstance(schema["properties"], dict) and not open_ended:
        if schema["properties"].keys() >= {"apiVersion", "kind", "metadata", "spec"}:
            return closed
        closed["additionalProperties"] = False
    return closed


def _problems(validator: Draft202012Validator, resource: dict[str, Any]) -> list[str]:
    return [f"{'/'.join(map(str, e.path))}: {e.message[:200]}" for e in validator.iter_errors(resource)]


@EVERYWHERE
def test_ray_resources_are_what_kuberay_defines(name: str, kuberay: dict[str, Draft202012Validator]) -> None:
    ours = [one for one in (*environment(name), *jobs()) if one["apiVersion"] == "ray.io/v1"]
    assert {one["kind"] for one in ours} == {"RayCluster", "RayService", "RayJob", "RayCronJob"}
    for one in ours:
        assert _problems(kuberay[one["kind"]], one) == [], one["metadata"]["name"]


def test_a_misspelt_field_or_a_wrong_type_would_be_found(kuberay: dict[str, Draft202012Validator]) -> None:
    one = of_kind(environment("dev"), "RayCluster")[0]
    wrong = {**one, "spec": {**one["spec"], "enableInTreeAutoscalng": True}}
    assert "enableInTreeAutoscalng" in _problems(kuberay["RayCluster"], wrong)[0]
    wrong = {**one, "spec": {**one["spec"], "autoscalerOptions": {"version": "v3"}}}
    assert "v3" in _problems(kuberay["RayCluster"], wrong)[0]


@EVERYWHERE
@pytest.mark.parametrize("version", KUBERNETES)
def test_core_resources_are_what_kubernetes_defines(name: str, version: str) -> None:
    core = [one for one in environment(name) if one["apiVersion"] not in ("ray.io/v1", MONITORING)]
    assert len(core) > 10
    for one in core:
        kubernetes_validate.validate(one, version, strict=True)


@EVERYWHERE
def test_pods_of_ray_are_what_kubernetes_defines(name: str) -> None:
    for title, template in pods(environment(name)):
        pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "one"}, "spec": template["spec"]}
        kubernetes_validate.validate(pod, KUBERNETES[-1], strict=True)
        assert template["metadata"]["labels"]["trending/part"] in ("jobs", "service", "redis"), title


@EVERYWHERE
def test_kuberay_would_not_refuse_them(name: str) -> None:
    """What its controller checks beyond the schema."""
    for spec in ray_specs(environment(name)).values():
        assert spec["enableInTreeAutoscaling"], "an incremental upgrade needs the autoscaler"
        assert tuple(map(int, spec["rayVersion"].split("."))) >= (2, 52), "of token authentication"
        variables = [
            env["name"] for pod in ray_pods(spec).values() for env in pod["spec"]["containers"][0]["env"]
        ]
        assert not {"REDIS_PASSWORD", "RAY_REDIS_ADDRESS", "RAY_enable_autoscaler_v2"} & set(variables)
        for pod in ray_pods(spec).values():
            assert "restartPolicy" not in pod["spec"], (
                "the autoscaler v2 wants Never, which is KubeRay's default"
            )
        for group in spec["workerGroupSpecs"]:
            reserved = [label for label in group.get("labels", {}) if label.startswith("ray.io/")]
            assert not reserved, "`ray start` refuses labels of Ray's own prefix"
            assert "replicas" not in group, "the autoscaler's; to apply the file again must not undo it"
            assert group["minReplicas"] <= group["maxReplicas"]
    templates = [one["spec"] for one in jobs()]
    templates += [one["spec"]["jobTemplate"] for one in of_kind(environment(name), "RayCronJob")]
    clusters = {one["metadata"]["name"] for one in of_kind(environment(name), "RayCluster")}
    for job in templates:
        assert job["clusterSelector"]["ray.io/cluster"] in clusters
        assert not {"suspend", "ttlSecondsAfterFinished", "rayClusterSpec"} & job.keys()
    for one in (*environment(name), *jobs()):
        assert re.fullmatch(r"[a-z]([-a-z0-9]*[a-z0-9])?", one["metadata"]["name"])
        assert len(one["metadata"]["name"]) <= 47


@EVERYWHERE
def test_an_upgrade_is_gradual_where_there_is_a_gateway(name: str) -> None:
    strategy = of_kind(environment(name), "RayService")[0]["spec"]["upgradeStrategy"]
    if name == "dev":
        assert strategy == {"type": "NewCluster"}
        return
    options = strategy["clusterUpgradeOptions"]
    assert strategy["type"] == "NewClusterWithIncrementalUpgrade"
    assert options["gatewayClassName"]
    assert 0 < options["stepSizePercent"] <= options["maxSurgePercent"] <= 100
    assert options["intervalSeconds"] > 0


@EVERYWHERE
def test_our_kustomize_is_the_real_one(name: str) -> None:
    if shutil.which("kubectl") is None:
        pytest.skip("kubectl is not installed")
    folder = KUBERAY / "overlays" / name
    done = subprocess.run(["kubectl", "kustomize", folder], capture_output=True, text=True, check=True)
    real = {(one["kind"], one["metadata"]["name"]): one for one in _documents(done.stdout)}
    ours = {(one["kind"], one["metadata"]["name"]): one for one in environment(name)}
    assert ours == real


def _documents(text: str) -> Iterator[dict[str, Any]]:
    return (one for one in yaml.safe_load_all(text) if one)
