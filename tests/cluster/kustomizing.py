"""Kustomize as far as `cluster/kuberay` uses it, for machines without kubectl. `test_kubernetes_files.py` holds it
against the real one where that is installed."""

from __future__ import annotations

import copy
import re
from pathlib import Path
from typing import Any

import jsonpatch
import yaml

Resource = dict[str, Any]
CLUSTER_WIDE = ("Namespace",)


def build(folder: Path) -> list[Resource]:
    """The resources of a folder with a `kustomization.yaml`."""
    plan = yaml.safe_load((folder / "kustomization.yaml").read_text(encoding="utf-8"))
    known = {
        *("apiVersion", "kind", "resources", "namespace", "labels", "patches", "images"),
        *("configMapGenerator", "generatorOptions"),
    }
    assert set(plan) <= known, f"{folder}: not known here: {set(plan) - known}"
    resources = [one for name in plan.get("resources", []) for one in _read(folder / name)]
    for made in plan.get("configMapGenerator", []):
        data = dict(literal.split("=", 1) for literal in made["literals"])
        resources.append(
            {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": made["name"]}, "data": data}
        )
    for patch in plan.get("patches", []):
        resources = _patched(resources, patch, folder)
    for one in resources:
        if "namespace" in plan and one["kind"] not in CLUSTER_WIDE:
            one["metadata"]["namespace"] = plan["namespace"]
        for labels in plan.get("labels", []):
            one["metadata"].setdefault("labels", {}).update(labels["pairs"])
        for image in plan.get("images", []):
            _set_image(one, image)
    return resources


def _read(path: Path) -> list[Resource]:
    if path.is_dir():
        return build(path)
    # Copied, because aliases of YAML are one object and patches change single places.
    found = yaml.safe_load_all(path.read_text(encoding="utf-8"))
    return [_unshared(one) for one in found if one]


def _unshared(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _unshared(inner) for key, inner in value.items()}
    return [_unshared(inner) for inner in value] if isinstance(value, list) else value


def _patched(resources: list[Resource], patch: dict[str, Any], folder: Path) -> list[Resource]:
    text = (folder / patch["path"]).read_text(encoding="utf-8") if "path" in patch else patch["patch"]
    documents = [one for one in yaml.safe_load_all(text) if one]
    for document in documents:
        target = patch.get("target") or {"kind": document["kind"], "name": document["metadata"]["name"]}
        met = [one for one in resources if _matches(one, target)]
        assert met, f"{folder}: nothing meets the patch of {target}"
        for one in met:
            changed = jsonpatch.apply_patch(one, document) if isinstance(document, list) else None
            new = changed if changed is not None else _merged(one, document)
            one.clear()
            one.update(copy.deepcopy(new))
    return resources


def _matches(resource: Resource, target: dict[str, str]) -> bool:
    named = {"kind": resource["kind"], "name": resource["metadata"]["name"]}
    return all(re.fullmatch(pattern, named[key]) for key, pattern in target.items())


def _merged(under: Any, over: Any) -> Any:
    if not (isinstance(under, dict) and isinstance(over, dict)):
        assert not isinstance(over, list), "lists are patched by JSON patches"
        return over
    return {**under, **{key: _merged(under.get(key), value) for key, value in over.items()}}


def _set_image(value: Any, image: dict[str, str]) -> None:
    if isinstance(value, list):
        for one in value:
            _set_image(one, image)
    if not isinstance(value, dict):
        return
    for key, inner in value.items():
        if key in ("containers", "initContainers"):
            for container in inner:
                if (
                    container["image"].rpartition(":")[0] == image["name"]
                    or container["image"] == image["name"]
                ):
                    container["image"] = f"{image['newName']}:{image['newTag']}"
        _set_image(inner, image)
