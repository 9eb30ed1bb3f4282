"""The composition: what config.yaml names, where the service may listen, and canary steps without a restart."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from ray import serve
from ray.serve._private.build_app import build_app
from ray.serve.context import _get_global_client
from ray.serve.schema import ApplicationStatus, ApplicationStatusOverview, ServeDeploySchema

import serve_app
from serve_app.app import check_address, compose
from serve_app.arguments import AppArguments
from serve_app.rollout import Candidate
from tests.serve_app.arena import new_version, until
from trending.errors import ServiceError, SettingsError
from trending.settings import ServeSettings, Settings

FAILED = (ApplicationStatus.DEPLOY_FAILED, ApplicationStatus.UNHEALTHY)
CONFIG = Path(serve_app.__file__).parent / "config.yaml"


def config() -> dict[str, Any]:
    return yaml.safe_load(CONFIG.read_text(encoding="utf-8"))


def test_the_file_for_serve_deploy_is_valid_and_names_every_deployment(settings: Settings) -> None:
    [app] = ServeDeploySchema.model_validate(config()).applications
    composed = build_app(compose(settings, Candidate("bert", "1", "/b/1")), name="trending")
    assert sorted(one.name for one in app.deployments) == sorted(one.name for one in composed.deployments)
    assert app.import_path == "serve_app.app:build"
    AppArguments.model_validate(app.args)


def test_all_deployments_together_fit_two_cores(settings: Settings) -> None:
    composed = build_app(compose(settings, Candidate("bert", "1", "/b/1")), name="trending")
    assert sum((one.ray_actor_options or {}).get("num_cpus", 1) for one in composed.deployments) <= 2
    assert (
        sum(one["ray_actor_options"]["num_cpus"] for one in config()["applications"][0]["deployments"]) <= 2
    )


def test_arguments_are_checked(tmp_path: Path) -> None:
    loaded = AppArguments(home=tmp_path, values={"llm": {"engine": "none"}}).load()
    assert (loaded.home, loaded.llm.engine) == (tmp_path, "none")
    with pytest.raises(SettingsError, match=r"llm\.engine"):
        AppArguments(values={"llm": {"engine": "gpt"}}).load()


def test_without_keys_it_listens_on_this_machine_only(settings: Settings) -> None:
    open_to_all = settings.model_copy(update={"serve": ServeSettings(host="0.0.0.0")})
    with pytest.raises(ServiceError, match=r"0\.0\.0\.0.*trending keys add"):
        check_address(open_to_all)
    settings.keys_file.parent.mkdir(parents=True)
    settings.keys_file.write_text('{"keys": []}', encoding="utf-8")
    free = ServeSettings(host="0.0.0.0", port=free_port())
    check_address(settings.model_copy(update={"serve": free}))


def test_a_port_in_use_is_named(settings: Settings) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(ServiceError, match=rf"127\.0\.0\.1:{port}.*--port"):
            check_address(settings.model_copy(update={"serve": ServeSettings(port=port)}))


@pytest.mark.slow
def test_a_canary_step_by_config_restarts_nothing(serve_address: tuple[str, int], tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "home")
    new_version(settings, 0.6, alias="champion")
    challenger = new_version(settings, 0.9)
    values = {"serve": {"fallbacks": ["prior"]}, "llm": {"engine": "none"}}
    app = config()["applications"][0] | {"name": "canary", "route_prefix": "/canary"}
    app["args"] = {"home": str(settings.home), "values": values}
    named = ("Traffic", "TitleStore", "LLM", "Enricher", "Gateway")
    app["deployments"] = [one for one in app["deployments"] if one["name"] in named]
    traffic = next(one for one in app["deployments"] if one["name"] == "Traffic")

    deploy(app)
    before = replicas()
    traffic["user_config"] = {"challenger": challenger, "weight": 1.0, "shadow": 0.0}
    deploy(app)
    host, port = serve_address
    with httpx.Client(base_url=f"http://{host}:{port}/canary", timeout=60) as client:
        body = {"title": "Heat", "plot": "A thief and a detective."}
        reply = until(
            lambda: client.post("/v1/genres", json=body).json(),
            lambda reply: reply.get("arm") == "challenger",
        )
    assert reply["model"]["version"] == challenger
    assert replicas() == before
    serve.delete("canary")


def deploy(app: dict[str, Any]) -> None:
    """As `serve deploy` does."""
    client = _get_global_client()
    assert client is not None
    client.deploy_apps(ServeDeploySchema.model_validate({"applications": [app]}))
    until(
        lambda: serve.status().applications.get("canary"),
        _running,
        timeout_s=240,
    )


def _running(found: ApplicationStatusOverview | None) -> bool:
    assert found is None or found.status not in FAILED, found
    return found is not None and found.status == ApplicationStatus.RUNNING


def replicas() -> dict[str, set[str]]:
    """Ids of the replicas of each deployment."""
    client = _get_global_client()
    assert client is not None
    details = client.get_serve_details()["applications"]["canary"]["deployments"]
    return {name: {one["replica_id"] for one in found["replicas"]} for name, found in details.items()}


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]
