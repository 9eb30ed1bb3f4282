"""What the files say against what the code reads: variables, commands, ports, images, the Serve app, secrets."""

from __future__ import annotations

import re
import shlex
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.main import get_command

from serve_app.arguments import AppArguments
from serve_app.environment import serve_environment
from tests.cluster.manifests import (
    ENVIRONMENTS,
    IMAGES,
    ROOT,
    entrypoints,
    environment,
    of_kind,
    pods,
    ray_pods,
    ray_specs,
)
from trending.settings import ServeSettings, Settings

EVERYWHERE = pytest.mark.parametrize("name", ENVIRONMENTS)
KUBERAY_SETS = {"RAY_AUTH_MODE", "RAY_AUTH_TOKEN"}
"""By `authOptions`; a manifest that sets them too would win over it."""
RAY_FILES = (
    "serve/_private/constants.py",
    "_private/authentication/authentication_token_setup.py",
    "_raylet.so",
)
"""Where Ray reads its environment: Serve, authentication, and its part in C++."""
PROFILE = "TRENDING_PROFILE"


def variables(template: dict[str, Any]) -> dict[str, Any]:
    return {env["name"]: env for one in template["spec"]["containers"] for env in one.get("env", [])}


def set_by_files() -> set[str]:
    """Every variable that a file under `cluster/` gives to a process of ours."""
    found = {
        name
        for where in ENVIRONMENTS
        for spec in ray_specs(environment(where)).values()
        for template in ray_pods(spec).values()
        for name in variables(template)
    }
    for cloud in ("aws", "gcp"):
        plan = yaml.safe_load((ROOT / "cluster" / f"{cloud}.yaml").read_text(encoding="utf-8"))
        found |= {
            match.group(1)
            for option in plan["docker"]["run_options"]
            if (match := re.match(r"--env (\w+)=", option))
        }
    return found


def test_every_setting_of_a_manifest_exists() -> None:
    names = {name for name in set_by_files() if name.startswith("TRENDING_")}
    assert {PROFILE, "TRENDING_SERVE__KEYS_FILE"} <= names
    for name in names - {PROFILE}:
        _setting(name)


def _setting(variable: str) -> None:
    model: Any = Settings
    for part in variable.removeprefix("TRENDING_").lower().split("__"):
        assert part in model.model_fields, f"{variable}: nothing reads it"
        model = model.model_fields[part].annotation


def test_every_variable_of_ray_exists() -> None:
    ray = find_spec("ray")
    assert ray
    assert ray.origin
    folder = Path(ray.origin).parent
    known = b"\n".join((folder / name).read_bytes() for name in RAY_FILES)
    names = {name for name in set_by_files() if name.startswith("RAY_")}
    assert {"RAY_SERVE_ENABLE_HA_PROXY", "RAY_enable_autoscaler_v2"} <= names
    assert [name for name in names if not re.search(rf"\b{name}\b".encode(), known)] == []


def test_every_other_variable_is_a_secret_that_a_profile_names() -> None:
    others = {name for name in set_by_files() if not name.startswith(("TRENDING_", "RAY_", "MLFLOW_"))}
    named = {Settings().llm.api_key_env}
    for where in ("staging", "prod"):
        named |= set(re.findall(r"\benv: (\w+)", yaml.safe_dump(profile(where))))
    assert others == named


@pytest.mark.parametrize("name", ["staging", "prod"])
def test_worker_groups_are_the_pools_that_the_profile_plans_with(name: str) -> None:
    pools = {one["name"]: one for one in profile(name)["cluster"]["pools"]}
    groups = [group for spec in ray_specs(environment(name)).values() for group in spec["workerGroupSpecs"]]
    assert {group["groupName"] for group in groups} == pools.keys() - {"head"}
    for group in groups:
        pool, limits = (
            pools[group["groupName"]],
            group["template"]["spec"]["containers"][0]["resources"]["limits"],
        )
        assert (pool["min_nodes"], pool["max_nodes"]) == (group["minReplicas"], group["maxReplicas"])
        assert pool["cpus"] == int(limits["cpu"])
        assert pool.get("gpus", 0) == int(limits.get("nvidia.com/gpu", 0))
        # Ray keeps 30% of a node for objects.
        assert pool["memory_gib"] <= 0.7 * int(limits["memory"].removesuffix("Gi"))


def profile(name: str) -> dict[str, Any]:
    """What the profile says by itself. Skips where there are no settings."""
    file = ROOT / "cluster" / "profiles" / name / "settings.yaml"
    if not file.is_file():
        pytest.skip(f"{file} is not there")
    return yaml.safe_load(file.read_text(encoding="utf-8"))


@EVERYWHERE
def test_the_profile_is_that_of_the_environment(name: str) -> None:
    configured = {one["metadata"]["name"]: one["data"] for one in of_kind(environment(name), "ConfigMap")}
    assert (ROOT / "cluster" / "profiles" / name).is_dir()
    for spec in ray_specs(environment(name)).values():
        for title, template in ray_pods(spec).items():
            reference = variables(template)[PROFILE]["valueFrom"]["configMapKeyRef"]
            assert configured[reference["name"]][reference["key"]] == name, title


@EVERYWHERE
def test_serve_finds_its_environment_when_ray_starts(name: str) -> None:
    wanted = serve_environment(ServeSettings(haproxy=True))
    for title, template in ray_pods(ray_specs(environment(name))["trending"]).items():
        found = {key: env.get("value") for key, env in variables(template).items() if "RAY_SERVE" in key}
        assert found == wanted, title
        assert not KUBERAY_SETS & variables(template).keys()


@pytest.mark.parametrize("name", entrypoints())
def test_every_command_is_one_that_the_jobs_take(name: str) -> None:
    from jobs.cli import build_app

    commands = entrypoints()[name].split("&&")
    for command in commands:
        words = shlex.split(command)
        assert words[:3] == ["python", "-m", "jobs"]
        assert "--json" in words, "a machine reads the result"
        _parse(get_command(build_app()), words[3:])


def _parse(group: Any, words: list[str]) -> None:
    """As the command line does it, without running the job. Raises typer's error for a wrong word."""
    context = group.make_context("trending", list(words))
    name, command, rest = group.resolve_command(context, list(words))
    command.make_context(name, rest, parent=context)


def test_a_wrong_command_would_be_found() -> None:
    from jobs.cli import build_app

    app = get_command(build_app())
    with pytest.raises(Exception, match="No such option"):
        _parse(app, ["train", "xgboost", "--no-such"])
    with pytest.raises(Exception, match="No such command"):
        _parse(app, ["no-such-job"])


@EVERYWHERE
def test_the_app_is_that_of_the_profile_or_of_the_checkout_but_for_its_address(name: str) -> None:
    own = ROOT / "cluster" / "profiles" / name / "serve.yaml"
    file = own if own.is_file() else ROOT / "serve_app" / "config.yaml"
    ours = yaml.safe_load(file.read_text(encoding="utf-8"))
    theirs = yaml.safe_load(of_kind(environment(name), "RayService")[0]["spec"]["serveConfigV2"])
    assert theirs["http_options"].pop("host") == "0.0.0.0", "other pods ask it"
    ours["http_options"].pop("host")
    assert theirs == ours
    application = theirs["applications"][0]
    AppArguments.model_validate(application.get("args", {}))
    _, _, function = application["import_path"].partition(":")
    assert f"def {function}(" in (ROOT / "serve_app" / "app.py").read_text(encoding="utf-8")


@EVERYWHERE
def test_a_service_that_others_reach_has_its_keys(name: str) -> None:
    """Without them `serve_app.app` refuses to listen on more than this machine."""
    for template in ray_pods(ray_specs(environment(name))["trending"]).values():
        file = Path(variables(template)["TRENDING_SERVE__KEYS_FILE"]["value"])
        mounts = {one["mountPath"]: one["name"] for one in template["spec"]["containers"][0]["volumeMounts"]}
        volumes = {one["name"]: one for one in template["spec"]["volumes"]}
        assert volumes[mounts[str(file.parent)]]["secret"]["secretName"] == "trending-api-keys"


@EVERYWHERE
def test_ports_are_those_that_the_parts_listen_on(name: str) -> None:
    config = yaml.safe_load((ROOT / "serve_app" / "config.yaml").read_text(encoding="utf-8"))
    serve = config["http_options"]["port"]
    ports = {title: _ports(template) for title, template in pods(environment(name))}
    assert {title for title, named in ports.items() if named.get("serve") == serve} == {
        "trending/head",
        "trending/serve",
    }
    assert all("serve" not in named for title, named in ports.items() if title.startswith("trending-jobs"))
    assert all(named.get("metrics") == 8080 for title, named in ports.items() if "/" in title)
    redis = of_kind(environment(name), "Service")[0]
    assert ports["trending-redis"] == {"redis": redis["spec"]["ports"][0]["port"]}
    for spec in ray_specs(environment(name)).values():
        address = spec["gcsFaultToleranceOptions"]["redisAddress"]
        assert address == f"redis://{redis['metadata']['name']}:{redis['spec']['ports'][0]['port']}"


def _ports(template: dict[str, Any]) -> dict[str, int]:
    return {one["name"]: one["containerPort"] for one in template["spec"]["containers"][0]["ports"]}


@EVERYWHERE
def test_images_are_ours_pinned_and_fit_the_node(name: str) -> None:
    version = _version()
    for title, template in pods(environment(name)):
        container = template["spec"]["containers"][0]
        image, _, tag = container["image"].rpartition(":")
        assert tag not in ("", "latest"), title
        if title == "trending-redis":
            continue
        with_gpu = "nvidia.com/gpu" in container["resources"]["limits"]
        assert image == f"registry.example/{IMAGES[with_gpu]}", title
        assert tag == version, title


def _version() -> str:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    return text.split('version = "', 1)[1].split('"', 1)[0]


def test_one_version_of_ray_everywhere() -> None:
    locked = re.search(r"^ray==(.+)$", (ROOT / "requirements.lock").read_text(encoding="utf-8"), re.MULTILINE)
    assert locked
    for name in ENVIRONMENTS:
        assert {spec["rayVersion"] for spec in ray_specs(environment(name)).values()} == {locked.group(1)}
