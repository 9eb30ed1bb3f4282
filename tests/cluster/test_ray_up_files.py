"""`ray up` files: against the schema in Ray's wheel, and against what would be open, expensive or left behind."""

from __future__ import annotations

import copy
import json
import re
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from tests.cluster.manifests import ROOT, environment, ray_specs
from trending.planning.workers import bert_workers, embedding_actors, xgboost_workers
from trending.settings import load_settings
from trending.settings.profiles import VARIABLE

CLOUDS = pytest.mark.parametrize("cloud", ["aws", "gcp"])
GPU_TYPES = ("gpu-spot", "gpu-on-demand")


def ray_up(cloud: str) -> dict[str, Any]:
    return yaml.safe_load((ROOT / "cluster" / f"{cloud}.yaml").read_text(encoding="utf-8"))


@CLOUDS
def test_ray_takes_the_file(cloud: str) -> None:
    """As `ray up` does before it asks the cloud: defaults filled in, then validated."""
    from ray.autoscaler._private.util import prepare_config, validate_config

    prepared = prepare_config(copy.deepcopy(ray_up(cloud)))
    validate_config(prepared)
    assert prepared["available_node_types"]["head"]["max_workers"] == 0
    assert prepared["docker"]["image"] == prepared["docker"].get("head_image", prepared["docker"]["image"])


@CLOUDS
def test_the_file_alone_obeys_rays_schema(cloud: str) -> None:
    schema = json.loads((files("ray.autoscaler") / "ray-schema.json").read_text(encoding="utf-8"))
    jsonschema.validate(ray_up(cloud), schema)


@CLOUDS
def test_nothing_has_a_public_address_or_an_open_port(cloud: str) -> None:
    plan = ray_up(cloud)
    assert plan["provider"]["use_internal_ips"] is True
    assert plan["auth"]["ssh_proxy_command"], "the way in is a tunnel"
    for name, kind in plan["available_node_types"].items():
        node = kind["node_config"]
        if cloud == "aws":
            # Without a group of the file's own, Ray makes one that lets 0.0.0.0/0 at port 22.
            assert node["SecurityGroupIds"], name
            assert node["SubnetIds"], name
            assert node["MetadataOptions"]["HttpTokens"] == "required", name
        else:
            # Without interfaces of the file's own, Ray adds one with an external address.
            assert node["networkInterfaces"], name
            assert not any("accessConfigs" in one for one in node["networkInterfaces"]), name
    head = " ".join(plan["head_start_ray_commands"])
    assert "--dashboard-host=127.0.0.1" in head
    options = " ".join(plan["docker"]["run_options"])
    assert "--env RAY_AUTH_MODE=token" in options
    file = re.search(r"--env-file (\S+)", options)
    assert file, "the token and the profile's secrets come from the secret store"
    assert f"install -m 600 /dev/stdin {file.group(1)}" in plan["initialization_commands"][0]


@CLOUDS
def test_gpus_are_spot_first_and_on_demand_else(cloud: str) -> None:
    kinds = ray_up(cloud)["available_node_types"]
    spot, on_demand = (kinds[name] for name in GPU_TYPES)
    assert _is_spot(cloud, spot)
    assert _is_spot(cloud, kinds["data"])
    assert not _is_spot(cloud, on_demand)
    assert not _is_spot(cloud, kinds["head"])
    assert spot["priority"] > on_demand["priority"]
    assert spot["resources"] == on_demand["resources"], "one stands in for the other"
    assert "--env RAY_enable_autoscaler_v2=1" in ray_up(cloud)["docker"]["run_options"], "priorities are v2's"
    assert all("trending-gpu" in kinds[name]["docker"]["worker_image"] for name in GPU_TYPES)


@CLOUDS
def test_the_nodes_hold_what_the_profile_plans_with(cloud: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "prod")
    settings = load_settings()
    kinds = ray_up(cloud)["available_node_types"]
    pools = [pool for pool in settings.cluster.pools if pool.use == "jobs"]
    gpus = sum(kinds[name]["max_workers"] * kinds[name]["resources"]["GPU"] for name in GPU_TYPES)
    assert gpus >= sum(pool.max_nodes * pool.gpus for pool in pools)
    cpus = kinds["data"]["max_workers"] * kinds["data"]["resources"]["CPU"]
    assert cpus >= sum(pool.max_nodes * pool.cpus for pool in pools if not pool.gpus)
    assert ray_up(cloud)["max_workers"] >= sum(
        kind["max_workers"] for kind in kinds.values() if "max_workers" in kind
    )

    train = settings.train
    on_gpus = bert_workers(train.bert, gpu=True)
    assert all(kinds[name]["resources"]["CPU"] >= on_gpus.cpus for name in GPU_TYPES)
    for ask in (xgboost_workers(train.xgboost, gpu=False), embedding_actors(train.embedding, gpu=False)):
        assert kinds["data"]["resources"]["CPU"] >= ask.cpus, ask.what


def _is_spot(cloud: str, kind: dict[str, Any]) -> bool:
    node = kind["node_config"]
    if cloud == "aws":
        return node.get("InstanceMarketOptions", {}).get("MarketType") == "spot"
    return node.get("scheduling", {}).get("provisioningModel") == "SPOT"


@CLOUDS
def test_what_is_idle_goes_and_what_runs_is_paid_for_by_name(cloud: str) -> None:
    plan = ray_up(cloud)
    assert plan["idle_timeout_minutes"] <= 10
    assert plan["provider"]["cache_stopped_nodes"] is False
    workers = {name: kind for name, kind in plan["available_node_types"].items() if name != "head"}
    assert all(kind["min_workers"] == 0 for kind in workers.values())
    assert plan["max_workers"] == sum(kind["max_workers"] for kind in workers.values())
    for name, kind in plan["available_node_types"].items():
        node = kind["node_config"]
        if cloud == "aws":
            labels = {tag["Key"] for one in node["TagSpecifications"] for tag in one["Tags"]}
        else:
            labels = set(node["labels"])
        assert labels >= {"cost-centre", "environment"}, name


@CLOUDS
def test_the_head_takes_no_work(cloud: str) -> None:
    plan = ray_up(cloud)
    assert plan["available_node_types"]["head"]["resources"] == {"CPU": 0}
    assert "--num-cpus=0" in " ".join(plan["head_start_ray_commands"])


@CLOUDS
def test_checkpoints_go_to_object_storage_under_the_home_of_the_jobs(cloud: str) -> None:
    from trending.settings import Settings

    plan = ray_up(cloud)
    volume = next(one for one in plan["docker"]["run_options"] if one.startswith("--volume"))
    outside, inside = volume.removeprefix("--volume ").split(":")
    home = yaml.safe_load((ROOT / "runtime_env.yaml").read_text(encoding="utf-8"))["env_vars"][
        "TRENDING_DEFAULT_HOME"
    ]
    assert inside == home.replace("~", _home_of_the_image())
    folder = Path(outside) / Settings(home=Path(inside)).ray_results_dir.name
    mounted = [one for one in plan["initialization_commands"] if re.search(r"mount-s3|gcsfuse", one)]
    assert len(mounted) == 1
    assert mounted[0].endswith(f" {folder}")


def _home_of_the_image() -> str:
    text = (ROOT / "cluster" / "Dockerfile").read_text(encoding="utf-8")
    found = re.search(r"useradd .*--create-home .* (\w+) ", text)
    assert found
    return f"/home/{found.group(1)}"


def test_both_clouds_and_kubernetes_name_the_same_groups_of_gpus() -> None:
    groups = {one["groupName"] for one in ray_specs(environment("prod"))["trending-jobs"]["workerGroupSpecs"]}
    assert groups == {"cpu", *GPU_TYPES}
    assert ray_up("aws")["available_node_types"].keys() == ray_up("gcp")["available_node_types"].keys()
    sizes = [
        {name: (kind["resources"], kind.get("max_workers")) for name, kind in plan.items()}
        for plan in (ray_up(cloud)["available_node_types"] for cloud in ("aws", "gcp"))
    ]
    assert sizes[0] == sizes[1]
