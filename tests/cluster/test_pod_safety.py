"""Pods: no privilege, no open door, what they need and no more."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Any

import pytest

from tests.cluster.manifests import ENVIRONMENTS, environment, of_kind, pods, ray_pods, ray_specs

EVERYWHERE = pytest.mark.parametrize("name", ENVIRONMENTS)


def security_contexts(name: str) -> list[dict[str, Any]]:
    """Of every container, the autoscaler's that KubeRay adds included."""
    found = [
        one["securityContext"] for _, pod in pods(environment(name)) for one in pod["spec"]["containers"]
    ]
    return found + [
        spec["autoscalerOptions"]["securityContext"] for spec in ray_specs(environment(name)).values()
    ]


@EVERYWHERE
def test_pods_obey_the_restricted_standard_that_their_namespace_enforces(name: str) -> None:
    namespace = of_kind(environment(name), "Namespace")[0]
    assert namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
    for context in security_contexts(name):
        assert context["allowPrivilegeEscalation"] is False
        assert context["readOnlyRootFilesystem"] is True
        assert context["capabilities"] == {"drop": ["ALL"]}
    for title, template in pods(environment(name)):
        context = template["spec"]["securityContext"]
        assert context["runAsNonRoot"] is True, title
        assert context["runAsUser"] > 0, title
        assert context["seccompProfile"] == {"type": "RuntimeDefault"}, title
        assert not {"hostNetwork", "hostPID", "hostIPC"} & template["spec"].keys(), title


@EVERYWHERE
def test_where_the_root_is_read_only_ray_can_write_what_it_must(name: str) -> None:
    for spec in ray_specs(environment(name)).values():
        for title, template in ray_pods(spec).items():
            mounts = {one["mountPath"] for one in template["spec"]["containers"][0]["volumeMounts"]}
            assert {"/tmp", "/dev/shm", "/home/trending"} <= mounts, title
            assert {one["name"] for one in template["spec"]["containers"][0]["volumeMounts"]} == {
                one["name"] for one in template["spec"]["volumes"]
            }, title


@EVERYWHERE
def test_only_a_head_may_ask_kubernetes_for_something(name: str) -> None:
    accounts = {one["metadata"]["name"]: one for one in of_kind(environment(name), "ServiceAccount")}
    for spec in ray_specs(environment(name)).values():
        for title, template in ray_pods(spec).items():
            account = accounts[template["spec"]["serviceAccountName"]]
            silent = account.get("automountServiceAccountToken") is False
            assert silent == (title != "head")
            assert (template["spec"].get("automountServiceAccountToken") is False) == silent


@EVERYWHERE
def test_secrets_are_named_not_written(name: str) -> None:
    assert of_kind(environment(name), "Secret") == []
    for title, template in pods(environment(name)):
        for one in template["spec"]["containers"][0].get("env", []):
            if any(word in one["name"] for word in ("PASSWORD", "CREDENTIAL", "API_KEY", "TOKEN")):
                assert "secretKeyRef" in one["valueFrom"], f"{title}: {one['name']}"


@EVERYWHERE
def test_all_is_forbidden_but_what_is_named(name: str) -> None:
    policies = {one["metadata"]["name"]: one["spec"] for one in of_kind(environment(name), "NetworkPolicy")}
    assert policies["deny-all"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    reachable = {
        (rule_port["port"])
        for policy in policies.values()
        for rule in policy.get("ingress", [])
        for rule_port in rule.get("ports", [])
    }
    assert reachable == {8265, 8000, 8080, 44217, 44227, 6379}
    for title, policy in policies.items():
        for rule in policy.get("ingress", []):
            assert rule["from"], f"{title}: from anywhere"
            everybody = [
                one for one in rule["from"] if one.get("namespaceSelector") == {} or "ipBlock" in one
            ]
            assert not everybody, title
    outside = [
        block["ipBlock"]
        for rule in policies["outwards"]["egress"]
        for block in rule.get("to", [])
        if "ipBlock" in block and block["ipBlock"]["cidr"] == "0.0.0.0/0"
    ]
    assert outside
    assert all("169.254.0.0/16" in block["except"] for block in outside), "the cloud's metadata service"


@EVERYWHERE
def test_every_selector_meets_a_pod(name: str) -> None:
    parts = {pod["metadata"]["labels"]["trending/part"] for _, pod in pods(environment(name))}
    kinds = ("NetworkPolicy", "PodDisruptionBudget", "PodMonitor")
    for one in (one for kind in kinds for one in of_kind(environment(name), kind)):
        for wanted in _parts(one["spec"]):
            assert wanted in parts, f"{one['metadata']['name']}: no pod is {wanted}"


def _parts(value: Any) -> list[str]:
    if isinstance(value, list):
        return [part for one in value for part in _parts(one)]
    if not isinstance(value, dict):
        return []
    if value.get("key") == "trending/part":
        return value["values"]
    own = [value["trending/part"]] if "trending/part" in value else []
    return own + [part for one in value.values() for part in _parts(one)]


@EVERYWHERE
def test_prometheus_asks_at_ports_that_there_are_and_that_it_may_ask(name: str) -> None:
    resources = environment(name)
    ports = {
        port["name"]: port for _, pod in pods(resources) for port in pod["spec"]["containers"][0]["ports"]
    }
    policies = {one["metadata"]["name"]: one["spec"] for one in of_kind(resources, "NetworkPolicy")}
    open_to_it = {one["port"] for one in policies["from-prometheus"]["ingress"][0]["ports"]}
    asked = {
        ports[endpoint["port"]]["containerPort"]
        for one in of_kind(resources, "PodMonitor")
        for endpoint in one["spec"]["podMetricsEndpoints"]
    }
    assert asked == open_to_it


@EVERYWHERE
def test_state_outlives_its_pods_and_checkpoints_lie_under_it(name: str) -> None:
    claims = {
        one["metadata"]["name"]: one["spec"] for one in of_kind(environment(name), "PersistentVolumeClaim")
    }
    assert all(spec["accessModes"] == ["ReadWriteMany"] for spec in claims.values()), "of several nodes"
    for cluster, spec in ray_specs(environment(name)).items():
        for title, template in ray_pods(spec).items():
            volumes = {one["name"]: one for one in template["spec"]["volumes"]}
            paths = {
                volumes[one["name"]]["persistentVolumeClaim"]["claimName"]: PurePosixPath(one["mountPath"])
                for one in template["spec"]["containers"][0]["volumeMounts"]
                if "persistentVolumeClaim" in volumes[one["name"]]
            }
            assert paths["trending-state"] == PurePosixPath("/home/trending/.trending"), title
            if cluster == "trending-jobs":
                assert paths["trending-checkpoints"] == paths["trending-state"] / "ray_results", title
            assert paths.keys() <= claims.keys()


@EVERYWHERE
def test_the_service_survives_a_node(name: str) -> None:
    service = of_kind(environment(name), "RayService")[0]["spec"]
    spec = service["rayClusterConfig"]
    assert service["excludeHeadPodFromServeSvc"] is True
    assert spec["headGroupSpec"]["rayStartParams"]["num-cpus"] == "0"
    assert spec["gcsFaultToleranceOptions"]["backend"] == "redis"
    assert spec["authOptions"]["mode"] == "token"
    least = spec["workerGroupSpecs"][0]["minReplicas"]
    assert least >= (1 if name == "dev" else 2)
    assert of_kind(environment(name), "PodDisruptionBudget")[0]["spec"]["maxUnavailable"] == 1
