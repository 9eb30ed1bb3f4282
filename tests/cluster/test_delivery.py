"""Targets of the Makefile that deliver: image, deployment, canary, smoke, load, jobs, the way back.

kubectl and docker are stand-ins that write down what they are asked; there is no cluster. The service that is asked is
the real API.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
import yaml

from serve_app.contracts import Services
from tests.cluster.manifests import ROOT
from tests.serve_app.api.fakes import FakeClassifiers, FakeEnricher, FakeLLM, FakeTitles
from tests.web.service import served
from trending.settings import Settings

KUBECTL = r"""#!/bin/bash
echo "$*" >> "$ASKED"
case "$*" in
  kustomize*) cat "${@: -1}/kustomization.yaml" ;;
  *apply*--filename\ -) cat >> "$APPLIED" ;;
  *get\ raycluster\ *) printf %s "${ANSWERING_IMAGE-$LIVE_IMAGE}" ;;
  *containers*image*) printf %s "$LIVE_IMAGE" ;;
  *upgradeStrategy*) printf %s "$STRATEGY" ;;
  *activeServiceStatus*) printf trending-active ;;
  *annotations*) printf %s "$PREVIOUS" ;;
  *trafficRoutedPercent*) printf %s "$SHARE" ;;
  *pendingServiceStatus.rayClusterName*) printf %s trending-new ;;
  *UpgradeInProgress*) printf False ;;
  *Ready*) printf %s "${READY-True}" ;;
  *jobStatus*) printf %s "${JOB_STATUS:-SUCCEEDED}" ;;
  *.status.message*) printf 'out of memory' ;;
esac
"""
DOCKER = '#!/bin/bash\necho "docker $*" >> "$ASKED"\n'


class Machine:
    """Runs targets of the Makefile with stand-ins for what is not here."""

    def __init__(self, folder: Path) -> None:
        self.tools = folder / "tools"
        self.tools.mkdir()
        self.asked, self.applied = folder / "asked", folder / "applied"
        self.values = {"TAG": "new", "REGISTRY": "registry.test", "POLL_S": "0", "PATIENCE_S": "5"}
        for name, text in (("kubectl", KUBECTL), ("docker", DOCKER)):
            self.install(name, text)

    def install(self, name: str, text: str) -> None:
        (self.tools / name).write_text(text, encoding="utf-8")
        (self.tools / name).chmod(0o755)

    def make(self, target: str, **values: str) -> subprocess.CompletedProcess[str]:
        """`make TARGET`, as a workflow runs it: values in the environment, nothing installed."""
        self.asked.write_text("", encoding="utf-8")
        self.applied.write_text("", encoding="utf-8")
        environ = {
            key: value for key, value in os.environ.items() if not key.startswith(("TRENDING_", "MAKE"))
        }
        environ |= {"PATH": f"{self.tools}:{environ['PATH']}", "ASKED": str(self.asked)}
        environ |= {"APPLIED": str(self.applied), **self.values, **values}
        return subprocess.run(
            ["make", "--no-print-directory", "-o", ".venv/.installed", target],
            cwd=ROOT,
            env=environ,
            capture_output=True,
            text=True,
            timeout=120,
        )

    def words(self) -> str:
        return self.asked.read_text(encoding="utf-8")


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def answering(home: Path, classifiers: FakeClassifiers) -> AbstractContextManager[str]:
    """The real API under uvicorn, on services that are made up."""
    return served(Settings(home=home), Services(classifiers, FakeEnricher(), FakeLLM(), FakeTitles()))


@pytest.fixture
def service(tmp_path: Path) -> Iterator[str]:
    with answering(tmp_path / "home", FakeClassifiers()) as address:
        yield address


@pytest.fixture
def broken(tmp_path: Path) -> Iterator[str]:
    """Alive, but no model answers."""
    with answering(tmp_path / "broken", FakeClassifiers(fails=ConnectionError("no replica"))) as address:
        yield address


def test_an_image_is_built_for_cpus_and_for_gpus(machine: Machine) -> None:
    assert machine.make("image").returncode == 0
    assert "--build-arg ACCELERATOR=cpu --tag registry.test/trending:new ." in machine.words()
    assert machine.make("image", ACCELERATOR="gpu").returncode == 0
    assert "--build-arg ACCELERATOR=gpu --tag registry.test/trending-gpu:new ." in machine.words()
    assert machine.make("push", ACCELERATOR="gpu").returncode == 0
    assert machine.words() == "docker push registry.test/trending-gpu:new\n"


@pytest.mark.parametrize(("target", "missing"), [("image", "docker"), ("deploy", "kubectl")])
def test_what_is_not_installed_is_named(machine: Machine, tmp_path: Path, target: str, missing: str) -> None:
    bare = tmp_path / "bare"
    bare.mkdir()
    for tool in ("bash", "sh", "make", "dirname", "git"):
        found = shutil.which(tool)
        assert found, tool
        (bare / tool).symlink_to(found)
    done = machine.make(target, PATH=str(bare))
    assert done.returncode != 0
    assert f"{missing} is not installed" in done.stderr


def test_deploying_applies_the_environment_with_the_image_and_keeps_the_one_before(machine: Machine) -> None:
    done = machine.make("deploy", ENVIRONMENT="staging", LIVE_IMAGE="registry.test/trending:old")
    assert done.returncode == 0, done.stderr
    applied = yaml.safe_load(machine.applied.read_text(encoding="utf-8"))
    assert applied["resources"] == ["../staging"]
    assert {(one["newName"], one["newTag"]) for one in applied["images"]} == {
        ("registry.test/trending", "new"),
        ("registry.test/trending-gpu", "new"),
    }
    assert (
        "--namespace trending-staging annotate rayservice trending trending/previous-tag=old"
        in machine.words()
    )
    assert not list((ROOT / "cluster" / "kuberay" / "overlays").glob(".rendering*"))


def test_what_is_rendered_is_what_kubernetes_gets(machine: Machine) -> None:
    """With the real kubectl: every image of ours is the one that was asked for."""
    real = shutil.which("kubectl")
    if real is None:
        pytest.skip("kubectl is not installed")
    machine.install("kubectl", KUBECTL.replace('cat "${@: -1}/kustomization.yaml"', f'exec {real} "$@"'))
    done = machine.make("deploy", ENVIRONMENT="prod")
    assert done.returncode == 0, done.stderr
    images = set(re.findall(r"image: (\S+)", machine.applied.read_text(encoding="utf-8")))
    assert images == {"registry.test/trending:new", "registry.test/trending-gpu:new", "redis:7.4.2-bookworm"}


def test_deploying_the_same_image_again_keeps_the_way_back(machine: Machine) -> None:
    assert machine.make("deploy", LIVE_IMAGE="registry.test/trending:new").returncode == 0
    assert "annotate" not in machine.words()


def test_an_unknown_environment_is_refused(machine: Machine) -> None:
    done = machine.make("deploy", ENVIRONMENT="moon")
    assert done.returncode != 0
    assert "dev, staging or prod, not moon" in done.stderr
    assert machine.words() == ""


def test_going_back_applies_the_image_before_and_waits(machine: Machine) -> None:
    done = machine.make("rollback", ENVIRONMENT="prod", PREVIOUS="old")
    assert done.returncode == 0, done.stderr
    applied = yaml.safe_load(machine.applied.read_text(encoding="utf-8"))
    assert {one["newTag"] for one in applied["images"]} == {"old"}
    assert "trending-prod: ready" in done.stderr


def test_there_is_no_way_back_from_the_first_image(machine: Machine) -> None:
    done = machine.make("rollback", PREVIOUS="")
    assert done.returncode != 0
    assert "nothing to go back to" in done.stderr
    assert machine.applied.read_text(encoding="utf-8") == ""


def test_finishing_says_when_the_service_does_not_get_ready(machine: Machine) -> None:
    done = machine.make("finish", READY="False", PATIENCE_S="1")
    assert done.returncode != 0
    assert "not ready after 1 s" in done.stderr


def test_finishing_does_not_take_the_old_version_for_the_new_one(machine: Machine) -> None:
    """Right after a deployment the old cluster is still there and ready."""
    images = {"LIVE_IMAGE": "registry.test/trending:new", "ANSWERING_IMAGE": "registry.test/trending:old"}
    assert machine.make("finish", PATIENCE_S="1", **images).returncode != 0
    assert machine.make("finish", **images | {"ANSWERING_IMAGE": images["LIVE_IMAGE"]}).returncode == 0


def test_smoke_asks_the_deployed_service(machine: Machine, service: str) -> None:
    done = machine.make("smoke", SERVICE_URL=service)
    assert done.returncode == 0, done.stderr
    assert "ok  ready" in done.stdout
    assert "ok  genres: " in done.stdout


@pytest.mark.parametrize(
    ("strategy", "name"),
    [("NewCluster", "trending-serve-svc"), ("NewClusterWithIncrementalUpgrade", "trending-active-serve-svc")],
)
def test_without_an_address_there_is_a_tunnel(
    machine: Machine, service: str, strategy: str, name: str
) -> None:
    done = machine.make("smoke", STRATEGY=strategy, TUNNEL_PORT=service.rpartition(":")[2])
    assert done.returncode == 0, done.stderr
    assert f"port-forward service/{name} " in machine.words()


def test_a_canary_asks_the_new_version_itself(machine: Machine, service: str) -> None:
    """Through a tunnel to the pending cluster, whatever address the service has. The tunnel's end is here at once."""
    port = service.rpartition(":")[2]
    done = machine.make("canary", SHARE="30", SERVICE_URL="http://gateway.invalid", TUNNEL_PORT=port)
    assert done.returncode == 0, done.stderr
    assert "port-forward service/trending-new-serve-svc" in machine.words()
    assert "30% of the requests" in done.stderr


def test_a_canary_that_is_over_at_once_is_asked_as_well(machine: Machine, service: str) -> None:
    done = machine.make("canary", SHARE="", SERVICE_URL=service)
    assert done.returncode == 0, done.stderr
    assert "ok  ready" in done.stdout


def test_a_canary_that_answers_wrongly_ends_the_deployment(machine: Machine, broken: str) -> None:
    done = machine.make("canary", SHARE="30", TUNNEL_PORT=broken.rpartition(":")[2])
    assert done.returncode != 0
    assert "GET /readyz: status 503" in done.stderr


def test_a_job_runs_to_its_end(machine: Machine) -> None:
    done = machine.make("job", ENVIRONMENT="staging", JOB="train-bert")
    assert done.returncode == 0, done.stderr
    assert "trending-staging apply --filename cluster/kuberay/jobs/train-bert.yaml" in machine.words()


def test_a_job_that_fails_says_why(machine: Machine) -> None:
    done = machine.make("job", JOB="ingest", JOB_STATUS="FAILED")
    assert done.returncode != 0
    assert "ingest: FAILED: out of memory" in done.stderr


def test_an_unknown_job_lists_those_that_there_are(machine: Machine) -> None:
    done = machine.make("job", JOB="bake")
    assert done.returncode != 0
    assert "train-bert.yaml" in done.stderr


def test_the_gate_trains_the_champion_again(machine: Machine) -> None:
    assert machine.make("gate").returncode == 0
    assert "apply --filename cluster/kuberay/jobs/reproduce.yaml" in machine.words()
    assert machine.make("gate", JOB_STATUS="FAILED").returncode != 0


def test_load_presses_the_deployed_service(machine: Machine, service: str) -> None:
    done = machine.make("load", SERVICE_URL=service, USERS="2", RUN_TIME="2s")
    assert done.returncode == 0, done.stderr[-2000:]
    assert "/v1/trending" in done.stdout + done.stderr
